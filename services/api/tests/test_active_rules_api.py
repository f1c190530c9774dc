"""Active rules: compiled from the rule catalogue, without the rule files."""

from pathlib import Path

import httpx
from sqlalchemy import update

from mcm_rules_engine.sigma.load import load_rules
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_rules_engine.store.rules import record_load
from mcm_shared.db.engine import transaction
from mcm_shared.db.tables import RULES
from mcm_shared.testing.builders import an_event
from mcm_shared.testing.rows import Rows

RULE = """
title: {name}
id: 00000000-0000-4000-8000-00000000000{number}
name: {name}
level: low
logsource: {{category: activity}}
detection: {{one: {{event_type: upload}}, condition: one}}
"""
NOT_OF_BACKUPS = """
title: Uploads of backups are expected
logsource: {category: activity}
filter: {rules: [first], backup: {bucket: backups}, condition: not backup}
"""


def a_pack(folder: Path, **files: str) -> Ruleset:
    """Writes rule files and loads them as the only rules."""
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name, text in files.items():
        (folder / f"{name}.yml").write_text(text)
    return load_rules([folder], builtin=False)


async def record(rows: Rows, ruleset: Ruleset, *packs: Path) -> None:
    """Records a load, as an engine does."""
    async with transaction(rows.engine) as connection:
        await record_load(connection, ruleset, packs)


async def matched(client: httpx.AsyncClient, event_id: int) -> list[str]:
    """Reads the names of the rules that an event matches."""
    return [rule["rule_name"] for rule in (await client.get(f"/events/{event_id}")).json()["matched_rules"]]


async def test_events_show_the_rules_of_the_newest_load(client: httpx.AsyncClient, rows: Rows, tmp_path: Path) -> None:
    await rows.counted(an_event(event_type="upload"))
    assert await matched(client, 1) == []

    await record(rows, a_pack(tmp_path / "cloud", first=RULE.format(name="first", number=1)))
    assert await matched(client, 1) == ["first"]

    await record(rows, a_pack(tmp_path / "cloud", second=RULE.format(name="second", number=2)))
    assert await matched(client, 1) == ["second"]


async def test_a_filter_of_a_pack_applies(client: httpx.AsyncClient, rows: Rows, tmp_path: Path) -> None:
    await rows.counted(
        an_event(event_type="upload", raw_data={"bucket": "backups"}),
        an_event(event_type="upload", raw_data={"bucket": "reports"}),
    )
    first = RULE.format(name="first", number=1)
    await record(rows, a_pack(tmp_path / "cloud", first=first, backups=NOT_OF_BACKUPS))

    ids = {event["raw_data"]["bucket"]: event["id"] for event in (await client.get("/events")).json()}

    assert await matched(client, ids["backups"]) == []
    assert await matched(client, ids["reports"]) == ["first"]


async def test_rules_that_are_no_longer_loaded_are_inactive(
    client: httpx.AsyncClient, rows: Rows, tmp_path: Path
) -> None:
    pack = tmp_path / "cloud"
    await record(rows, a_pack(pack, first=RULE.format(name="first", number=1)), pack)
    await record(rows, a_pack(pack, second=RULE.format(name="second", number=2)), pack)

    rules = {rule["rule_name"]: rule for rule in (await client.get("/rules")).json()}

    assert {name: rule["active"] for name, rule in rules.items()} == {"first": False, "second": True}
    assert {rule["pack"] for rule in rules.values()} == {"cloud"}
    assert (await client.get("/rules/first")).json()["active"] is False


async def test_a_rule_that_cannot_be_compiled_leaves_the_others(
    client: httpx.AsyncClient, rows: Rows, tmp_path: Path
) -> None:
    await rows.counted(an_event(event_type="upload"))
    files = {name: RULE.format(name=name, number=number) for number, name in enumerate(("first", "second"), start=1)}
    ruleset = a_pack(tmp_path / "cloud", **files)
    await record(rows, ruleset)
    async with transaction(rows.engine) as connection:
        await connection.execute(update(RULES).where(RULES.c.name == "first").values(yaml="title: ["))

    assert await matched(client, 1) == ["second"]
