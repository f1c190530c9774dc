"""The enricher service: consumes findings, runs enrichment jobs, and retries fallbacks."""

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import Any

import structlog

from mcm_enricher.consume import EnrichmentHandler
from mcm_enricher.enrich import Enricher
from mcm_enricher.explainers.choose import make_explainer
from mcm_enricher.jobs import JobRunner
from mcm_enricher.publish import EnrichedPublisher
from mcm_enricher.retry_fallbacks import retry_fallbacks_forever
from mcm_enricher.settings import EnricherSettings
from mcm_shared.cli import ignore_reload_signal, on_stop_signal, until_first_ends
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.contracts.topics import Topics
from mcm_shared.db.engine import close_engine, create_engine
from mcm_shared.db.migrate import wait_for_schema
from mcm_shared.kafka.consumer.worker import Subscription, Worker
from mcm_shared.kafka.producer import connect_producer
from mcm_shared.metrics import serve_metrics
from mcm_shared.settings import DatabaseSettings, KafkaSettings, MetricsSettings, load_kafka_settings, load_settings

log = structlog.get_logger()


async def run_service() -> None:
    """Runs until SIGTERM or SIGINT; waits for the database and for Kafka while they are down.

    Without KAFKA_BOOTSTRAP_SERVERS it runs enrichment jobs only.
    """
    settings = load_settings(EnricherSettings)
    kafka = load_kafka_settings()
    engine = create_engine(load_settings(DatabaseSettings))
    serve_metrics(load_settings(MetricsSettings))
    explainer = make_explainer(settings, engine)
    enricher = Enricher(engine, explainer, concurrency=2 * settings.concurrency)
    stopping = asyncio.Event()
    on_stop_signal(stopping.set)
    ignore_reload_signal()
    try:
        await until_first_ends(wait_for_schema(engine), stopping.wait())
        if stopping.is_set():
            return
        async with AsyncExitStack() as stack:
            producer = await stack.enter_async_context(connect_producer(kafka)) if kafka else None
            publisher = EnrichedPublisher(producer, Topics(kafka.topic_prefix if kafka else ""))
            tasks: list[Coroutine[Any, Any, object]] = [JobRunner(engine, enricher, publisher.publish).run()]
            if not explainer.free:
                tasks.append(retry_fallbacks_forever(engine, enricher, explainer, publisher.publish))
            if kafka:
                worker = _consumer(kafka, enricher, settings.batch_size)
                on_stop_signal(worker.stop)
                tasks.append(worker.run())
            else:
                log.warning("KAFKA_BOOTSTRAP_SERVERS is not set; running enrichment jobs only")
                tasks.append(stopping.wait())
            await until_first_ends(*tasks)
    finally:
        await explainer.close()
        await close_engine(engine)


def _consumer(
    kafka: KafkaSettings, enricher: Enricher, batch_size: int
) -> Worker[FindingMessage, list[FindingMessage]]:
    topics = Topics(kafka.topic_prefix)
    handler = EnrichmentHandler(enricher, topics)
    return Worker(kafka, Subscription(topics.findings, topics.group("enricher"), batch_size), lambda: handler)
