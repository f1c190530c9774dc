"""``mcm-ingestor generate``: to every sink, at once or at a rate, stopped and without its broker."""

import asyncio
import json
import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from mcm_local.checkout import COMMANDS
from mcm_shared.contracts.events import RawEvent
from mcm_shared.contracts.topics import Topics
from mcm_shared.db.engine import transaction
from mcm_shared.db.tables import SOURCE_EVENTS
from mcm_shared.kafka.read_topic import read_topic
from mcm_shared.kafka.records import Record
from mcm_shared.settings import KafkaSettings
from tests.services import Service
from tests.stack import PrivateStack

Ingestor = Callable[..., subprocess.CompletedProcess[bytes]]
RecordsOf = Callable[[str], Awaitable[list[Record]]]

NOWHERE = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}


async def test_a_backlog_reaches_kafka_whole_and_spread_over_the_partitions(
    ingestor: Ingestor, records_of: RecordsOf, topics: Topics
) -> None:
    ended = await asyncio.to_thread(ingestor, "generate", "--count", "8000", "--seed", "3")

    assert ended.returncode == 0
    assert re.search(rb"generated 8,000 events in .* \(.* events/s\), --seed 3 --until ", ended.stderr)
    assert ended.stdout == b""
    records = await records_of(topics.raw)
    events = [RawEvent.model_validate_json(record.value or b"") for record in records]
    assert len({event.id for event in events}) == len(events) == 8_000
    by_partition = Counter(record.partition for record in records)
    assert set(by_partition) == {0, 1, 2}
    assert min(by_partition.values()) > 1_500


def test_events_on_standard_output_are_the_same_for_the_same_seed(ingestor: Ingestor) -> None:
    arguments = ("generate", "--count", "300", "--seed", "7", "--days", "10", "--until", "2026-11-20", "--to", "stdout")

    first, second = (ingestor(*arguments, **NOWHERE) for _ in range(2))

    assert first.returncode == second.returncode == 0
    assert first.stdout == second.stdout
    events = [RawEvent.model_validate(json.loads(line)) for line in first.stdout.splitlines()]
    assert len(events) == 300
    assert f"{events[0].timestamp:%Y-%m-%d}" == "2026-11-10"


async def test_a_backlog_reaches_the_database_once(engine: AsyncEngine, ingestor: Ingestor) -> None:
    url = engine.url.set(drivername=engine.url.get_backend_name()).render_as_string(hide_password=False)
    arguments = ("generate", "--count", "500", "--seed", "7", "--to", "db")

    first, second = [await asyncio.to_thread(ingestor, *arguments, DATABASE_URL=url) for _ in range(2)]

    assert b"500 of them new" in first.stderr
    assert b"0 of them new" in second.stderr
    async with transaction(engine, read_only=True) as connection:
        assert await connection.scalar(select(func.count()).select_from(SOURCE_EVENTS)) == 500


def test_a_reader_that_goes_away_is_no_trouble() -> None:
    process = subprocess.Popen(
        (COMMANDS / "mcm-ingestor", "generate", "--count", "200000", "--to", "stdout"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()

    assert process.wait(30) == 1
    assert process.stderr.read() == b""
    process.stderr.close()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "pass --count N for a backlog or --rate R for a live feed"),
        (("--rate", "5", "--days", "3"), "--days and --until apply to a backlog"),
        (("--count", "5", "--until", "2999-01-01"), "--until must be between 1990 and now"),
        (("--count", "-1"), "--count"),
    ],
)
def test_wrong_use_says_what_to_do(ingestor: Ingestor, arguments: tuple[str, ...], said: str) -> None:
    ended = ingestor("generate", *arguments, **NOWHERE)

    assert ended.returncode == 2
    assert said in " ".join(ended.stderr.decode().replace("│", " ").split())


@pytest.mark.parametrize("arguments", [("--count", "5"), ("--rate", "5")])
def test_without_a_broker_it_says_so_and_ends(ingestor: Ingestor, arguments: tuple[str, ...]) -> None:
    ended = ingestor("generate", *arguments, **NOWHERE)

    assert ended.returncode == 1
    assert ended.stderr.startswith(b"error: Kafka does not answer at 127.0.0.1:1")
    assert b"Traceback" not in ended.stderr


async def test_a_live_feed_keeps_its_rate_and_ends_with_all_it_wrote_sent(
    run_service: Callable[..., Service], records_of: RecordsOf, topics: Topics
) -> None:
    service = run_service("mcm-ingestor", "generate", "--rate", "50")
    sent = 0
    async with asyncio.timeout(60):
        while sent < 100:
            sent = len(await records_of(topics.raw))

    service.process.send_signal(signal.SIGINT)

    assert await asyncio.to_thread(service.wait, 10) == 0
    said = re.search(r"generated (\d+) events in .* \((\d+) events/s\)", service.stderr())
    assert said is not None
    assert int(said[1]) == len(await records_of(topics.raw))
    assert int(said[2]) <= 55


def test_a_live_feed_ends_after_a_count(ingestor: Ingestor) -> None:
    ended = ingestor("generate", "--rate", "200", "--count", "30", "--to", "stdout", **NOWHERE)

    assert ended.returncode == 0
    assert len(ended.stdout.splitlines()) == 30


def test_a_backlog_that_is_stopped_ends_between_batches(run_service: Callable[..., Service]) -> None:
    service = run_service("mcm-ingestor", "generate", "--count", "3000000", "--to", "stdout", env=NOWHERE)
    deadline = time.monotonic() + 30
    while service.running and time.monotonic() < deadline and service.stdout() == "":
        time.sleep(0.05)

    service.process.send_signal(signal.SIGINT)

    assert service.wait(10) == 130
    said = re.search(r"generated ([\d,]+) events", service.stderr())
    assert said is not None
    assert int(said[1].replace(",", "")) == len(service.stdout().splitlines()) < 3_000_000


async def test_when_the_broker_goes_away_a_live_feed_waits_and_a_backlog_says_how_to_go_on(
    private_stack: Callable[[], PrivateStack], run_service: Callable[..., Service]
) -> None:
    stack = await asyncio.to_thread(private_stack)
    kafka = KafkaSettings(KAFKA_BOOTSTRAP_SERVERS=stack.kafka.bootstrap_servers)

    async def ids_of_the_feed() -> set[str]:
        ids = {json.loads(record.value or b"")["id"] async for record in read_topic(kafka, Topics().raw)}
        return {event_id for event_id in ids if event_id.startswith("gen-8-")}

    feed = run_service("mcm-ingestor", "generate", "--rate", "20", "--seed", "8", env=stack.environment)
    async with asyncio.timeout(60):
        while not await ids_of_the_feed():
            continue
    backlog = run_service("mcm-ingestor", "generate", "--count", "9000000", "--seed", "3", env=stack.environment)
    async with asyncio.timeout(60):
        while len([record async for record in read_topic(kafka, Topics().raw)]) < 1_000:
            continue
    await asyncio.to_thread(stack.kafka.kill)

    assert await asyncio.to_thread(backlog.wait, 40) == 1
    first, second = backlog.stderr().splitlines()
    assert re.match(r"generated [\d,]+ events in .* --seed 3 --until ....-..-..T00:00:00Z", first)
    assert second.startswith("error: Kafka did not take the messages")
    await asyncio.to_thread(feed.wait_for_log, '"event": "waiting"')
    await asyncio.to_thread(stack.kafka.start)
    before = await ids_of_the_feed()
    async with asyncio.timeout(60):
        while await ids_of_the_feed() <= before:
            continue
    feed.process.send_signal(signal.SIGINT)
    assert await asyncio.to_thread(feed.wait, 60) == 0
    generated = re.search(r"generated ([\d,]+) events", feed.stderr())
    assert generated is not None
    assert len(await ids_of_the_feed()) == int(generated[1].replace(",", ""))
