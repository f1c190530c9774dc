"""Titles of rules by name."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from mcm_shared.db.tables import FINDINGS, RULES


async def rule_titles(connection: AsyncConnection, names: Iterable[str]) -> dict[str, str]:
    """Finds the titles of rules by name: from the rule catalogue, else from the rule's newest finding."""
    catalogue = select(RULES.c.name, RULES.c.title).order_by(RULES.c.loaded_at)
    titles: dict[str, str] = {row[0]: row[1] for row in await connection.execute(catalogue)}
    finding = FINDINGS.c
    for name in set(names) - titles.keys():
        newest = select(finding.title).where(finding.rule_name == name).order_by(finding.first_seen.desc()).limit(1)
        titles[name] = (await connection.execute(newest)).scalar_one_or_none() or name
    return titles
