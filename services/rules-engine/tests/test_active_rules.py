"""Rules changed on disk: active after SIGHUP, unless they are broken."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from mcm_rules_engine.active_packs import Loaded
from mcm_rules_engine.pipeline.active_rules import ActiveRules
from mcm_rules_engine.pipeline.decode import Matcher
from mcm_rules_engine.pipeline.handler import DetectionHandler
from mcm_rules_engine.sigma.load import parse_rules
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_shared.contracts.topics import Topics
from mcm_shared.db.engine import AsyncEngine, create_engine, transaction
from mcm_shared.db.tables import FINDINGS, RULES
from mcm_shared.errors import ConfigurationError
from mcm_shared.kafka.producer import connect_producer
from mcm_shared.kafka.records import Outgoing
from mcm_shared.kafka.topics_admin import ensure_topics
from mcm_shared.settings import DatabaseSettings, KafkaSettings
from mcm_shared.testing.builders import ARecord, an_event_payload
from mcm_shared.testing.waiting import until
from tests.services import Service

TOPICS = Topics()


def a_rule(name: str, number: int = 1, event_type: str = "upload") -> str:
    """Writes a rule."""
    return (
        f"title: {name}\nid: 00000000-0000-4000-8000-{number:012}\nname: {name}\nlevel: low\n"
        f"logsource: {{category: activity}}\ndetection: {{s: {{event_type: {event_type}}}, condition: s}}\n"
    )


TWO_UPLOADS = """\
---
title: Two uploads
id: 00000000-0000-4000-8000-000000000003
name: two_uploads
level: low
correlation: {type: event_count, rules: [upload], group-by: [user], timespan: 1h, condition: {gte: 2}}
"""


def engine_for(url: str) -> AsyncEngine:
    """Opens a database."""
    return create_engine(DatabaseSettings(DATABASE_URL=SecretStr(url)))


async def rows_of(engine: AsyncEngine, column: object) -> list[str]:
    """Reads one column of a table, sorted."""
    async with transaction(engine, read_only=True) as connection:
        return sorted((await connection.execute(select(column))).scalars())  # type: ignore[call-overload]


@pytest.fixture
async def engine(sqlite_url: str) -> AsyncIterator[AsyncEngine]:
    """An empty database."""
    engine = engine_for(sqlite_url)
    yield engine
    await engine.dispose()


class Disk:
    """Rules on a disk: what ``load`` finds there, or what is wrong with it."""

    def __init__(self, text: str) -> None:
        self.text = text

    def load(self, _before: Loaded | None) -> Loaded:
        """Loads the rules."""
        if self.text == "bug":
            raise ZeroDivisionError
        return Loaded(parse_rules(self.text), ())


def rules_in_force(engine: AsyncEngine, disk: Disk) -> ActiveRules:
    """Activates rules from a folder."""

    def make_handler(ruleset: Ruleset) -> DetectionHandler:
        return DetectionHandler(engine, Matcher(ruleset, 1_000_000), ruleset, TOPICS, shard=0)

    return ActiveRules(engine, disk.load, asyncio.Event(), make_handler)


async def handle(handler: DetectionHandler, *records: ARecord) -> None:
    """Stores and completes a batch."""
    await handler.complete(await handler.store([handler.decode(record) for record in records]))


async def test_a_batch_keeps_the_rules_it_began_with(engine: AsyncEngine) -> None:
    disk = Disk(a_rule("upload") + TWO_UPLOADS)
    rules = rules_in_force(engine, disk)
    uploads = [ARecord(an_event_payload(event_type="upload")) for _ in range(2)]
    before = rules.handler()
    disk.text = a_rule("downloads", 2, "download")
    await rules.reload()
    await handle(before, *uploads)
    assert await rows_of(engine, FINDINGS.c.rule_name) == ["two_uploads"]
    await handle(rules.handler(), *uploads, ARecord(an_event_payload(event_type="download")))
    assert await rows_of(engine, FINDINGS.c.rule_name) == ["downloads", "two_uploads"]


@pytest.mark.parametrize("broken", [a_rule("new", 2).replace("level: low", "level: hihg"), "bug"])
async def test_a_broken_version_changes_nothing(engine: AsyncEngine, broken: str) -> None:
    disk = Disk(a_rule("old"))
    rules = rules_in_force(engine, disk)
    await rules.register()
    disk.text = broken
    await rules.reload()
    await handle(rules.handler(), ARecord(an_event_payload(event_type="upload", id="1")))
    assert await rows_of(engine, FINDINGS.c.rule_name) == ["old"]
    assert await rows_of(engine, RULES.c.name) == ["old"]


def test_rules_that_cannot_be_loaded_at_the_start_stop_it(engine: AsyncEngine) -> None:
    with pytest.raises(ConfigurationError, match="level: 'hihg' is not one of"):
        rules_in_force(engine, Disk(a_rule("old").replace("level: low", "level: hihg")))


async def test_a_worker_takes_changed_rules_on_sighup_and_keeps_its_rules_when_they_are_broken(
    run_service: Callable[..., Service], database_url: str, bootstrap_servers: str, topic_prefix: str, tmp_path: Path
) -> None:
    kafka = KafkaSettings(
        KAFKA_BOOTSTRAP_SERVERS=bootstrap_servers, MCM_TOPIC_PREFIX=topic_prefix, MCM_TOPIC_PARTITIONS=3
    )
    await ensure_topics(kafka)
    engine = engine_for(database_url)
    pack = tmp_path / "pack"
    pack.mkdir()
    (pack / "rules.yml").write_text(a_rule("uploads"))
    worker = run_service("mcm-rules-engine", "run", MCM_RULES_PATH=str(pack))
    worker.wait_for_log("consuming")

    async def happens(event_type: str, finding: str) -> None:
        payload = an_event_payload(event_type=event_type)
        async with connect_producer(kafka) as producer:
            await producer.send([Outgoing(Topics(topic_prefix).raw, payload)])

        async def is_found() -> bool:
            return finding in await rows_of(engine, FINDINGS.c.rule_name)

        await until(is_found, 30)

    await happens("upload", "uploads")

    (pack / "more.yml").write_text(a_rule("downloads", 2, "download"))
    os.kill(worker.pid, signal.SIGHUP)
    worker.wait_for_log("rules reloaded")
    await happens("download", "downloads")
    assert "downloads" in await rows_of(engine, RULES.c.name)

    (pack / "more.yml").write_text(a_rule("deletions", 2, "delete").replace("level: low", "level: hihg"))
    os.kill(worker.pid, signal.SIGHUP)
    worker.wait_for_log("rules not reloaded")
    assert f"{pack / 'more.yml'}:4: level: 'hihg' is not one of" in worker.stderr()
    async with transaction(engine) as connection:
        await connection.execute(FINDINGS.delete())
    await happens("download", "downloads")

    worker.terminate()
    assert worker.wait() == 0
    await engine.dispose()
