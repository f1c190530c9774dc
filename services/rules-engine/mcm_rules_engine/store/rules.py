"""The rule catalogue: which rules the engine loaded, for the services that show and explain them."""

from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath
from typing import Final
from uuid import UUID

from sqlalchemy import select, tuple_, update

from mcm_rules_engine.sigma.model.correlation import Correlation
from mcm_rules_engine.sigma.model.rule import Rule
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_shared.db.bulk import BulkInsert
from mcm_shared.db.engine import AsyncConnection
from mcm_shared.db.tables import RULE_CATALOGUE, RULES

BUILTIN_PACK: Final = "built-in"

_BUILTIN_FOLDER: Final = "mcm_rules_engine/rules"
_COLUMNS: Final = (
    "name",
    "title",
    "description",
    "level",
    "status",
    "tags",
    "falsepositives",
    "runbook",
    "yaml",
    "family",
    "pack",
    "filters",
    "active",
)
_RECORD_RULES: Final = BulkInsert(
    RULES,
    ("rule_id", "version", *_COLUMNS),
    conflict="(rule_id, version) DO UPDATE SET loaded_at = CURRENT_TIMESTAMP, "
    + ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS),
)
_NEXT_REVISION: Final = BulkInsert(
    RULE_CATALOGUE, ("id", "revision"), conflict="(id) DO UPDATE SET revision = rule_catalogue.revision + 1"
)


async def record_load(connection: AsyncConnection, ruleset: Ruleset, packs: Sequence[Path] = ()) -> None:
    """Records a load: its rules are active from now on, and no others; readers of the catalogue see a new revision."""
    await _record(connection, ruleset.all, packs, everything=True)


async def record_rules(connection: AsyncConnection, ruleset: Ruleset, used: Iterable[UUID]) -> None:
    """Makes the rules of a program that uses the engine as a library active beside the others.

    Does nothing while the ``used`` ones are active in the catalogue already.
    """
    versions = {UUID(rule.id): rule.version for rule in ruleset.all}
    pairs = [(rule_id, versions[rule_id]) for rule_id in used]
    active = select(RULES.c.rule_id).where(RULES.c.active, tuple_(RULES.c.rule_id, RULES.c.version).in_(pairs))
    if len((await connection.execute(active)).all()) < len(pairs):
        await _record(connection, ruleset.all, (), everything=False)


async def _record(
    connection: AsyncConnection, rules: Sequence[Rule | Correlation], packs: Sequence[Path], *, everything: bool
) -> None:
    # first, since it is the lock: of two loads at once one comes after the other
    await _NEXT_REVISION.execute(connection, [(1, 1)])
    inactive = update(RULES).where(RULES.c.active).values(active=False)
    if not everything:
        inactive = inactive.where(RULES.c.rule_id.in_([UUID(rule.id) for rule in rules]))
    await connection.execute(inactive)
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
            PurePath(rule.path).parent.name,
            _pack_of(rule.path, packs),
            rule.filters if isinstance(rule, Rule) else (),
            True,
        )
        for rule in sorted(rules, key=lambda rule: (UUID(rule.id), rule.version))
    ]
    await _RECORD_RULES.execute(connection, rows)


def _pack_of(path: str, packs: Sequence[Path]) -> str:
    if path.startswith(_BUILTIN_FOLDER):
        return BUILTIN_PACK
    return next((pack.name for pack in packs if PurePath(path).is_relative_to(pack)), "")
