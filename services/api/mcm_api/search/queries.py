"""Searching findings, users, rules and events."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Text, case, cast, false, or_, select

from mcm_api.database import DatabaseReader
from mcm_api.findings.filters import FindingQuery, SortKey
from mcm_api.findings.queries.pages import read_page
from mcm_api.identity.restriction import UNRESTRICTED, restricted
from mcm_api.resources.queries.findings import FindingRow, read_finding_rows
from mcm_api.search.schemas import FoundEvent, FoundFinding, FoundRule, FoundUser
from mcm_api.users.queries.pages import list_page
from mcm_api.users.schemas import UserFilter
from mcm_shared.contracts.events import event_uid
from mcm_shared.contracts.parameters import MAX_ID
from mcm_shared.db.bulk import among
from mcm_shared.db.tables import EVENT_DAYS, FINDINGS, RULES, SOURCE_EVENTS
from mcm_shared.db.text_search import contains_ignoring_case

_EVENT: Final = SOURCE_EVENTS.c
_FINDING: Final = FINDINGS.c
_RULE: Final = RULES.c
_MAX_TEXT: Final = 200
"""Characters of a text that names and texts are searched for; what is longer can only be an id."""


async def search_findings(reader: DatabaseReader, text: str, limit: int) -> list[FoundFinding]:
    """Finds findings by id, and then by text, the highest risk score first."""
    async with reader.transaction() as connection:
        by_id = select(_FINDING.id).where(or_(false(), *_ids(text, _FINDING.id, _FINDING.uid)))
        ids = (await connection.execute(by_id)).scalars().all()
        rows: list[FindingRow] = []
        if ids:
            rows = await read_finding_rows(connection, await reader.cache.active_exceptions(connection), ids)
    if len(text) <= _MAX_TEXT:
        page, _, _ = await read_page(reader, FindingQuery(q=text, page_size=limit, sort=SortKey.RISK_SCORE))
        rows += [row for row in page if row["id"] not in ids]
    return [FoundFinding.model_validate(row) for row in rows[:limit]]


async def search_users(reader: DatabaseReader, text: str, limit: int) -> list[FoundUser]:
    """Finds users by a part of their name, the highest risk score first."""
    if len(text) > _MAX_TEXT:
        return []
    page = await list_page(reader, UserFilter(q=text, limit=limit))
    return [FoundUser.model_validate(item, from_attributes=True) for item in page.items]


async def search_rules(reader: DatabaseReader, text: str, limit: int) -> list[FoundRule]:
    """Finds rules by id or text, active ones first, then those with the text in their title or name."""
    conditions = _ids(text, None, _RULE.rule_id)
    named: list[ColumnElement[bool]] = list(conditions)
    if len(text) <= _MAX_TEXT:
        named += [contains_ignoring_case(column, text) for column in (_RULE.title, _RULE.name)]
        described = (_RULE.description, cast(_RULE.tags, Text))
        conditions = [*named, *(contains_ignoring_case(column, text) for column in described)]
    if not conditions:
        return []
    query = (
        select(_RULE.rule_id, _RULE.name.label("rule_name"), _RULE.title, _RULE.level, _RULE.active)
        .where(or_(*conditions))
        .order_by(_RULE.active.desc(), case((or_(*named), 0), else_=1), _RULE.title, _RULE.loaded_at.desc())
    )
    async with reader.transaction() as connection:
        rows = (await connection.execute(query)).mappings().all()
    # of each rule its active or else its latest version
    found: dict[Any, FoundRule] = {}
    for row in rows:
        found.setdefault(row["rule_id"], FoundRule.model_validate(dict(row)))
    return list(found.values())[:limit]


async def search_events(reader: DatabaseReader, text: str, limit: int) -> list[FoundEvent]:
    """Finds events by their id, their uid and the id that their source gave them, the newest first."""
    async with reader.transaction() as connection:
        # names of sources only serve to compute uids here, and the roll-up lacks the days that a period cuts
        with restricted(UNRESTRICTED):
            sources = (await connection.execute(select(EVENT_DAYS.c.source).distinct())).scalars().all()
        uids = [event_uid(source, text) for source in sources]
        query = (
            select(*(_EVENT[name] for name in FoundEvent.model_fields))
            .where(or_(*_ids(text, _EVENT.id, _EVENT.event_uid), among(_EVENT.event_uid, uids, connection)))
            .order_by(_EVENT.timestamp.desc(), _EVENT.id.desc())
            .limit(limit)
        )
        rows = (await connection.execute(query)).mappings().all()
    return [FoundEvent.model_validate(dict(row)) for row in rows]


def _ids(text: str, row_id: ColumnElement[Any] | None, uid: ColumnElement[Any]) -> list[ColumnElement[bool]]:
    number, unique = _number(text), _uuid(text)
    conditions: list[ColumnElement[bool]] = []
    if number is not None and row_id is not None:
        conditions.append(row_id == number)
    if unique is not None:
        conditions.append(uid == unique)
    return conditions


def _number(text: str) -> int | None:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MAX_ID))):
        return None
    number = int(text)
    return number if 1 <= number <= MAX_ID else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
