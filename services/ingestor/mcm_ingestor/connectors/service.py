"""The service ``mcm-ingestor run``: reads every source of sources.yml until it is stopped."""

import asyncio
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import structlog

from mcm_ingestor.connectors.backoff import PollBackoff
from mcm_ingestor.connectors.deliver import PageDelivery
from mcm_ingestor.connectors.errors import SourceError
from mcm_ingestor.connectors.lane import Lane
from mcm_ingestor.connectors.polled import PolledRecords
from mcm_ingestor.connectors.protocol import Permission
from mcm_ingestor.connectors.source_clock import MAX_SKEW_AT_START
from mcm_ingestor.connectors.sources_file import ConfiguredSource, read_sources
from mcm_ingestor.settings import ConnectorSettings
from mcm_ingestor.store import positions
from mcm_ingestor.store.positions import BACKFILL, LIVE, LaneKey
from mcm_shared.cli import on_stop_signal, until_first_ends
from mcm_shared.contracts.topics import Topics
from mcm_shared.db.engine import AsyncEngine, close_engine, create_engine
from mcm_shared.db.migrate import wait_for_schema
from mcm_shared.errors import McmError
from mcm_shared.kafka.producer import Producer, connect_producer
from mcm_shared.kafka.topics_admin import wait_for_topics
from mcm_shared.metrics import serve_metrics
from mcm_shared.settings import DatabaseSettings, KafkaSettings, MetricsSettings, load_settings

log = structlog.get_logger()


async def run_service() -> None:
    """Runs until SIGTERM or SIGINT; waits for the database and for Kafka while they are down."""
    settings, kafka = load_settings(ConnectorSettings), load_settings(KafkaSettings)
    sources = read_sources(settings.sources_path, os.environ)
    engine = create_engine(load_settings(DatabaseSettings))
    serve_metrics(load_settings(MetricsSettings))
    stopping = asyncio.Event()
    on_stop_signal(stopping.set)
    try:
        await until_first_ends(_prepare(engine, kafka), stopping.wait())
        if stopping.is_set():
            return
        async with connect_producer(kafka) as producer:
            topic = Topics(kafka.topic_prefix).raw
            reading = (read_source(each, engine, producer, topic, lease_s=settings.lease_s) for each in sources)
            await until_first_ends(asyncio.gather(*reading), stopping.wait())
    finally:
        await close_engine(engine)


async def _prepare(engine: AsyncEngine, kafka: KafkaSettings) -> None:
    await wait_for_schema(engine)
    await wait_for_topics(kafka)


async def read_source(
    source: ConfiguredSource,
    engine: AsyncEngine,
    producer: Producer,
    topic: str,
    *,
    lease_s: float,
    make_backoff: Callable[[], PollBackoff] = PollBackoff,
) -> None:
    """Reads one source until cancelled: what happens now, and beside it what happened since ``start_at``."""
    async with source.type.open(source.settings) as connector:
        now = datetime.now(UTC)
        begins_at = source.settings.begins_at(now)
        # a little of what was before: a clock that is ahead must leave nothing out
        live = {"lane": LIVE, "position": connector.start(now - MAX_SKEW_AT_START, None), "complete_from": now}
        rows = [{"source": source.name, **live}]
        if source.type.has_history and begins_at < now:
            backfill = {"lane": BACKFILL, "position": connector.start(begins_at, now), "complete_from": begins_at}
            rows.append({"source": source.name, **backfill})
        current = {
            "connector": source.type.name,
            "feeds": list(source.type.feeds),
            "interval_s": source.settings.interval_s,
            "silent_after_s": source.settings.silent_after_s,
        }
        await _insert(engine, rows, current)
        log.info(
            "source is read",
            source=source.name,
            connector=source.type.name,
            first_start_from=begins_at.isoformat(timespec="seconds") if source.type.has_history else "now",
        )
        facts = {"source": source.name, "connector": source.type.name, "feeds": list(source.type.feeds)}
        delivery, polled = PageDelivery(producer, topic, source.name), PolledRecords(producer, topic, facts)
        idle = asyncio.Event()
        owner = uuid4()
        async with asyncio.TaskGroup() as lanes:
            for name in (LIVE, BACKFILL):
                lane = Lane(
                    source,
                    connector,
                    engine,
                    delivery,
                    polled,
                    LaneKey(source.name, name, owner),
                    lease_s=lease_s,
                    idle=idle,
                    backoff=make_backoff(),
                )
                lanes.create_task(lane.run())


async def _insert(engine: AsyncEngine, rows: list[dict[str, object]], current: dict[str, object]) -> None:
    while True:
        try:
            await positions.insert_positions(engine, rows, current)
        except McmError as error:
            log.warning("positions deferred, retrying", reason=str(error))
            await asyncio.sleep(1)
        else:
            return


async def check_sources(path: Path) -> list[tuple[str, list[Permission]]]:
    """Tries the credential of every source; returns the permissions that each has and lacks."""
    checked = []
    for source in read_sources(path, os.environ):
        async with source.type.open(source.settings) as connector:
            try:
                permissions = await connector.check()
            except SourceError as error:
                permissions = [Permission("connection", granted=False, detail=str(error))]
        checked.append((source.name, permissions))
    return checked
