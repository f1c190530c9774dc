"""Entra ID's directory audit log, by Microsoft Graph."""

from contextlib import AbstractAsyncContextManager
from typing import Final

from mcm_ingestor.connectors.microsoft_graph import GraphSettings, open_graph_log
from mcm_ingestor.connectors.protocol import Connector, ConnectorType
from mcm_shared.contracts.sources import AZURE_AUDIT


def _open(settings: GraphSettings) -> AbstractAsyncContextManager[Connector]:
    return open_graph_log(settings, "/v1.0/auditLogs/directoryAudits", "activityDateTime", AZURE_AUDIT)


CONNECTOR: Final = ConnectorType(name=AZURE_AUDIT, feeds=(AZURE_AUDIT,), settings=GraphSettings, open=_open)
