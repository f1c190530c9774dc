"""The ``mcm-rules-engine`` command."""

import asyncio
import random
from typing import Final

from mcm_rules_engine.active_packs import load_packs
from mcm_rules_engine.cli import app
from mcm_rules_engine.pipeline.active_rules import ActiveRules
from mcm_rules_engine.pipeline.decode import Matcher
from mcm_rules_engine.pipeline.handler import DetectionHandler
from mcm_rules_engine.pipeline.outbox import publish_from_outbox
from mcm_rules_engine.pipeline.score_when_idle import score_when_idle
from mcm_rules_engine.settings import EngineSettings
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_shared.cli import on_reload_signal, on_stop_signal, run_command, until_first_ends
from mcm_shared.contracts.topics import Topics
from mcm_shared.db.engine import AsyncEngine, close_engine, create_engine
from mcm_shared.db.migrate import wait_for_schema
from mcm_shared.kafka.consumer.worker import Subscription, Worker
from mcm_shared.kafka.producer import connect_producer
from mcm_shared.metrics import serve_metrics
from mcm_shared.settings import DatabaseSettings, KafkaSettings, MetricsSettings, load_settings

SHARDS: Final = 16
"""Rows that the roll-ups of one hour and source are spread over; more workers than that only share some."""


@app.command()
def run() -> None:
    """Consumes events from Kafka until stopped."""
    run_command(_run)


async def _run() -> None:
    reload_requested = asyncio.Event()
    on_reload_signal(reload_requested.set)
    settings = load_settings(EngineSettings)
    kafka = load_settings(KafkaSettings)
    engine = create_engine(load_settings(DatabaseSettings))
    topics = Topics(kafka.topic_prefix)
    # random, not the process id: in containers all workers have the same
    shard = random.randrange(SHARDS)  # noqa: S311 (spreads workers, hides nothing)

    def make_handler(ruleset: Ruleset) -> DetectionHandler:
        return DetectionHandler(engine, Matcher(ruleset, settings.max_event_bytes), ruleset, topics, shard)

    rules = ActiveRules(engine, lambda before: load_packs(before=before), reload_requested, make_handler)
    serve_metrics(load_settings(MetricsSettings))
    subscription = Subscription(topics.raw, topics.group("rules-engine"), settings.batch_size)
    worker = Worker(kafka, subscription, rules.handler)
    stopping = asyncio.Event()
    on_stop_signal(stopping.set)
    try:
        await until_first_ends(_prepare_database(engine, rules), stopping.wait())
        if not stopping.is_set():
            on_stop_signal(worker.stop)
            async with connect_producer(kafka) as producer:
                publishing = publish_from_outbox(engine, topics, producer.send)
                scoring = score_when_idle(engine, rules.handler)
                await until_first_ends(worker.run(), rules.reload_when_asked(), publishing, scoring)
    finally:
        await close_engine(engine)


async def _prepare_database(engine: AsyncEngine, rules: ActiveRules) -> None:
    await wait_for_schema(engine)
    await rules.register()


def main() -> None:
    """Runs the command line."""
    app(prog_name="mcm-rules-engine")


if __name__ == "__main__":
    main()
