"""Reading a finding from its row as the message that travels."""

from typing import Any, Final

from sqlalchemy import Row

from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.db.tables import FINDINGS

MESSAGE_COLUMNS: Final = tuple(FINDINGS.c[name] for name in FindingMessage.model_fields if name in FINDINGS.c)
"""The columns that :func:`message_of` needs."""


def message_of(row: Row[Any]) -> FindingMessage:
    """Makes the message of a finding from a row of MESSAGE_COLUMNS."""
    values = row._asdict()
    values["rule_id"] = str(values["rule_id"])
    return FindingMessage(group=values["extra_data"]["group"], **values)
