"""Reading the active rules from the catalogue."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from mcm_rules_engine import RecordedRule
from mcm_shared.db.tables import RULE_CATALOGUE, RULES


async def read_revision(connection: AsyncConnection) -> int:
    """Reads the revision of the catalogue, which every load of rules increments; 0 before the first."""
    return (await connection.execute(select(RULE_CATALOGUE.c.revision))).scalar_one_or_none() or 0


async def read_recorded_rules(connection: AsyncConnection) -> list[RecordedRule]:
    """Reads the active rules in the order of their ids."""
    rule = RULES.c
    query = select(rule.rule_id, rule.name, rule.version, rule.yaml, rule.filters).where(rule.active)
    return [RecordedRule(*row) for row in await connection.execute(query.order_by(rule.rule_id))]
