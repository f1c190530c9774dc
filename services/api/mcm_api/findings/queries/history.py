"""Reading when a finding stood and was withdrawn."""

from typing import Final

from sqlalchemy import select

from mcm_api.database import DatabaseReader
from mcm_api.findings.schemas import FindingChange
from mcm_shared.db.tables import FINDING_HISTORY, FINDINGS, SOURCE_EVENTS

_CHANGE: Final = FINDING_HISTORY.c
_EVENT: Final = SOURCE_EVENTS.c


async def read_history(reader: DatabaseReader, finding_id: int) -> list[FindingChange] | None:
    """Reads the changes of a finding in order; None where there is no such finding."""
    uid = select(FINDINGS.c.uid).where(FINDINGS.c.id == finding_id)
    query = (
        select(*_CHANGE, _EVENT.id.label("event_id"), _EVENT.event_type)
        .select_from(FINDING_HISTORY.outerjoin(SOURCE_EVENTS, _EVENT.event_uid == _CHANGE.event_uid))
        .where(_CHANGE.finding_uid == uid.scalar_subquery())
        .order_by(_CHANGE.version)
    )
    async with reader.transaction() as connection:
        rows = (await connection.execute(query)).mappings().all()
        is_known = bool(rows) or (await connection.execute(uid)).first() is not None
    if not is_known:
        return None
    return [FindingChange(**{name: row[name] for name in FindingChange.model_fields}) for row in rows]
