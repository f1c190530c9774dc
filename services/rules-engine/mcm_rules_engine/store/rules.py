"""The catalogue of rules, for the services that explain findings."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from mcm_rules_engine.sigma.model.correlation import Correlation
from mcm_rules_engine.sigma.model.rule import Rule
from mcm_shared.db.bulk import BulkInsert
from mcm_shared.db.engine import AsyncConnection
from mcm_shared.db.tables import RULES

_RULE_TEXTS: Final = (
    "name",
    "title",
    "description",
    "level",
    "status",
    "tags",
    "falsepositives",
    "runbook",
    "yaml",
)
_REGISTER_RULES: Final = BulkInsert(
    RULES,
    ("rule_id", "version", *_RULE_TEXTS),
    conflict="(rule_id, version) DO UPDATE SET loaded_at = CURRENT_TIMESTAMP, "
    + ", ".join(f"{name} = excluded.{name}" for name in _RULE_TEXTS),
)


async def register_rules(connection: AsyncConnection, rules: Iterable[Rule | Correlation]) -> None:
    """Writes the rules in force to the catalogue that the other services read."""
    rows = [
        (
            UUID(rule.id),
            rule.version,
            rule.name,
            rule.title,
            rule.description,
            rule.level.value,
            rule.status,
            rule.tags,
            rule.falsepositives,
            rule.runbook,
            rule.yaml,
        )
        for rule in sorted(rules, key=lambda rule: (UUID(rule.id), rule.version))
    ]
    await _REGISTER_RULES.execute(connection, rows)
