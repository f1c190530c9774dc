"""The rule catalogue: what is recorded of a load, and that it compiles to the same rules again."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from mcm_rules_engine import RecordedRule, apply_rules_to_event, compile_recorded
from mcm_rules_engine.sigma.load import load_rules, parse_rules
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_rules_engine.store.rules import record_load
from mcm_rules_engine.testing.rulesets import builtin_rules
from mcm_shared.db.engine import AsyncEngine, create_engine, transaction
from mcm_shared.db.tables import RULE_CATALOGUE, RULES
from mcm_shared.settings import DatabaseSettings
from mcm_shared.testing.builders import an_event

PACKS = Path(__file__).parents[3] / "packs" / "cloud"
OWN = """\
title: Uploads
name: uploads
id: 00000000-0000-4000-8000-000000000001
level: low
logsource: {category: activity}
detection: {s: {event_type: upload}, condition: s}
"""
# published as many are: without an id, a name or a level
PUBLISHED = """\
title: Übertragung von Dateien
logsource: {category: activity}
detection: {s: {event_type: [transfer, NO]}, condition: s}
"""
BUILTIN_BY_NAME = {rule.name: rule for rule in builtin_rules().all}
FILTER = """\
title: Not of backups
logsource: {category: activity}
filter: {rules: any, backup: {bucket: backups}, condition: not backup}
"""


@pytest.fixture
async def db(sqlite_url: str) -> AsyncIterator[AsyncEngine]:
    """An empty database."""
    engine = create_engine(DatabaseSettings(DATABASE_URL=SecretStr(sqlite_url)))
    yield engine
    await engine.dispose()


async def recorded(db: AsyncEngine) -> list[RecordedRule]:
    """Reads the active rules."""
    rule = RULES.c
    query = select(rule.rule_id, rule.name, rule.version, rule.yaml, rule.filters).where(rule.active)
    async with transaction(db, read_only=True) as connection:
        return [RecordedRule(*row) for row in await connection.execute(query)]


def identities(ruleset: Ruleset) -> set[tuple[str, str, str]]:
    """Lists the ids, names and versions of rules."""
    return {(rule.id, rule.name, rule.version) for rule in ruleset.all}


@pytest.mark.parametrize("with_filter", [False, True])
async def test_recorded_rules_compile_to_the_same_rules(db: AsyncEngine, tmp_path: Path, with_filter: bool) -> None:
    (tmp_path / "own.yml").write_text(f"{OWN}---\n{PUBLISHED}")
    if with_filter:
        (tmp_path / "filter.yml").write_text(FILTER)
    disabled = BUILTIN_BY_NAME["bucket_made_public"].id
    (tmp_path / "disabled.yml").write_text(f"id: {disabled}\nenabled: false\n")
    packs = [tmp_path, PACKS]
    loaded = load_rules(packs)
    async with transaction(db) as connection:
        await record_load(connection, loaded, packs)

    compiled = compile_recorded(await recorded(db))

    assert identities(compiled) == identities(loaded)
    for event in (
        an_event(event_type="transfer"),
        an_event(event_type="upload", raw_data={"bucket": "backups"}),
        an_event(event_type="upload", raw_data={"bucket": "reports"}),
    ):
        before, after = ({match.rule.name for match in rules.match(event)} for rules in (loaded, compiled))
        assert after == before


async def test_each_load_is_a_new_revision(db: AsyncEngine) -> None:
    for _ in range(2):
        async with transaction(db) as connection:
            await record_load(connection, parse_rules(OWN))

    async with transaction(db, read_only=True) as connection:
        assert (await connection.execute(select(RULE_CATALOGUE.c.revision))).scalar_one() == 2


async def test_a_program_leaves_the_rules_of_the_engine_active(db: AsyncEngine) -> None:
    other = OWN.replace("000001", "000003").replace("uploads", "others")
    async with transaction(db) as connection:
        await record_load(connection, parse_rules(other.replace("upload}", "nothing}")))

    await apply_rules_to_event(an_event(event_type="upload"), db, parse_rules(OWN))

    assert {rule.name for rule in await recorded(db)} == {"others", "uploads"}
