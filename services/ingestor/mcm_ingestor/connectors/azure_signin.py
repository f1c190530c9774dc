"""Entra ID's sign-ins, by Microsoft Graph."""

from contextlib import AbstractAsyncContextManager
from typing import Final

from mcm_ingestor.connectors.microsoft_graph import GraphSettings, open_graph_log
from mcm_ingestor.connectors.protocol import Connector, ConnectorType
from mcm_shared.contracts.sources import AZURE_SIGNIN


def _open(settings: GraphSettings) -> AbstractAsyncContextManager[Connector]:
    return open_graph_log(settings, "/v1.0/auditLogs/signIns", "createdDateTime", AZURE_SIGNIN)


CONNECTOR: Final = ConnectorType(name=AZURE_SIGNIN, feeds=(AZURE_SIGNIN,), settings=GraphSettings, open=_open)
