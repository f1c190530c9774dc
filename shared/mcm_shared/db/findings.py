"""Reading a finding from its row as the message that travels."""

from typing import Any, Final

import orjson
from sqlalchemy import Row

from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.contracts.triage import TriagedFinding
from mcm_shared.db.tables import FINDINGS

MESSAGE_COLUMNS: Final = tuple(FINDINGS.c[name] for name in FindingMessage.model_fields if name in FINDINGS.c)
"""The columns that :func:`message_of` needs."""

TRIAGED_COLUMNS: Final = (
    FINDINGS.c.group_key,
    *(FINDINGS.c[name] for name in TriagedFinding.model_fields if name in FINDINGS.c),
)
"""The columns that :func:`triaged_of` needs."""


def message_of(row: Row[Any]) -> FindingMessage:
    """Makes the message of a finding from a row of MESSAGE_COLUMNS."""
    values = row._asdict()
    values["rule_id"] = str(values["rule_id"])
    return FindingMessage(group=values["extra_data"]["group"], **values)


def triaged_of(row: Row[Any]) -> TriagedFinding:
    """Makes a finding with its triage from a row of TRIAGED_COLUMNS."""
    values = row._asdict()
    return TriagedFinding(**{**values, "rule_id": str(values["rule_id"]), "group": orjson.loads(values["group_key"])})
