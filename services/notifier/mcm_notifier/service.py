"""The notifier service: consumes findings, composes messages, and sends them."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import structlog

from mcm_notifier.channel_tests import ChannelTester
from mcm_notifier.channels_file import ChannelsFile, load_channels
from mcm_notifier.compose import Composer
from mcm_notifier.config_reporter import ConfigReporter
from mcm_notifier.consume import NotificationHandler
from mcm_notifier.exception_watcher import ExceptionWatcher
from mcm_notifier.send import Sender
from mcm_notifier.settings import NotifierSettings
from mcm_notifier.store.notified import start_once
from mcm_notifier.store.waiting import insert_routes
from mcm_shared.cli import ignore_reload_signal, on_stop_signal, until_first_ends
from mcm_shared.contracts.topics import Topics
from mcm_shared.db.engine import AsyncEngine, close_engine, create_engine
from mcm_shared.db.migrate import wait_for_schema
from mcm_shared.errors import TransientError
from mcm_shared.kafka.consumer.worker import Subscription, Worker
from mcm_shared.metrics import serve_metrics
from mcm_shared.settings import DatabaseSettings, KafkaSettings, MetricsSettings, load_settings

log = structlog.get_logger()


async def run_service() -> None:
    """Runs until SIGTERM or SIGINT; waits for the database and for Kafka while they are down."""
    settings = load_settings(NotifierSettings)
    configured = load_channels(settings)
    kafka = load_settings(KafkaSettings)
    engine = create_engine(load_settings(DatabaseSettings))
    serve_metrics(load_settings(MetricsSettings))
    if settings.public_url is None:
        log.warning("MCM_PUBLIC_URL is not set; messages have no link to the dashboard")
    stopping = asyncio.Event()
    on_stop_signal(stopping.set)
    ignore_reload_signal()
    try:
        await until_first_ends(_prepare(engine, configured), stopping.wait())
        if stopping.is_set():
            return
        worker = _consumer(kafka, engine, configured)
        on_stop_signal(worker.stop)
        await until_first_ends(
            worker.run(),
            Composer(engine, configured.routes).run(),
            Sender(engine, configured.channels, settings.public_url).run(),
            ExceptionWatcher(engine, configured.routes, configured.reminders).run(),
            ChannelTester(engine, configured.channels, settings.public_url).run(),
            ConfigReporter(engine, configured.shown()).run(),
        )
    finally:
        await close_engine(engine)


async def _prepare(engine: AsyncEngine, configured: ChannelsFile) -> None:
    await wait_for_schema(engine)
    while True:
        try:
            if await start_once(engine, datetime.now(UTC)):
                log.info("first start: findings stored so far are not notified")
            await insert_routes(engine, configured.routes.keys())
        except TransientError as error:
            log.warning("waiting for the database", reason=str(error))
            await asyncio.sleep(1)
        else:
            log.info("routes ready", channels=len(configured.channels), routes=len(configured.routes))
            return


def _consumer(kafka: KafkaSettings, engine: AsyncEngine, configured: ChannelsFile) -> Worker[UUID, None]:
    topics = Topics(kafka.topic_prefix)
    handler = NotificationHandler(engine, configured.routes)
    return Worker(kafka, Subscription(topics.findings, topics.group("notifier")), lambda: handler)
