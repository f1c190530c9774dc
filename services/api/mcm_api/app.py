"""Puts the API together: its features, its parts, and what surrounds every request."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

import structlog
from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema

from mcm_api.access import assembly as access
from mcm_api.database import DatabaseReader, DatabaseWriter
from mcm_api.enrichments import routes as enrichments
from mcm_api.events import routes as events
from mcm_api.events.intake import Intake
from mcm_api.events.queries.fact_index import FactIndexer
from mcm_api.exceptions import routes as exceptions
from mcm_api.exceptions.evaluate import evaluate_exceptions
from mcm_api.exceptions.measure_exceptions import measure_exceptions
from mcm_api.exceptions.schemas import ExceptionActionRequest, ExceptionPreviewRequest, ExceptionRequest
from mcm_api.findings import routes as findings
from mcm_api.findings.enrichment import EnrichmentService
from mcm_api.findings.schemas import GivenFeedback
from mcm_api.findings.triage import routes as triage
from mcm_api.findings.triage.publish import TriagePublisher
from mcm_api.findings.triage.schemas import ActionRequest, BulkActionRequest
from mcm_api.findings.views import routes as views
from mcm_api.findings.views.schemas import ViewRequest
from mcm_api.findings_cache import FindingsCache
from mcm_api.health import routes as health
from mcm_api.health.queries import require_database, require_schema
from mcm_api.http.allowed_hosts import AllowedHosts
from mcm_api.http.body import BodyMemory
from mcm_api.http.cross_site import CrossSiteProtection
from mcm_api.http.dashboard import serve_dashboard
from mcm_api.http.docs_page import serve_docs
from mcm_api.http.load_shedding import LoadShedding
from mcm_api.http.problems import ProblemResponse, install_problem_handlers, problem_answers
from mcm_api.http.request_context import RequestContext
from mcm_api.http.start_pacing import StartPacing
from mcm_api.http.state import part_of, provide
from mcm_api.live import routes as live
from mcm_api.live.broadcaster import Broadcaster
from mcm_api.live.publish_summary import publish_summary
from mcm_api.live.schemas import StreamFinding, StreamHeartbeat, StreamResync, StreamSummary
from mcm_api.live.stream_config import StreamConfig
from mcm_api.live.topic_reader import heartbeat, tail_findings
from mcm_api.notifications import routes as notifications
from mcm_api.pipeline import routes as pipeline
from mcm_api.pipeline.dead_letters import DeadLetters, DeadLettersPart
from mcm_api.pipeline.schemas import DismissalRequest
from mcm_api.resources.broker import Broker, Cluster
from mcm_api.resources.clock import Clock
from mcm_api.resources.consumer_groups import ConsumerGroups
from mcm_api.resources.event_rate import EventRate
from mcm_api.resources.readiness import Probe, Readiness
from mcm_api.resources.rule_catalogue import RuleCatalogue
from mcm_api.resources.send_batched import CoalescingSender
from mcm_api.resources.stream_position import StreamPosition
from mcm_api.resources.triage_targets import TriageTargets
from mcm_api.rules import routes as rules
from mcm_api.search import routes as search
from mcm_api.settings import ApiSettings
from mcm_api.sources import routes as sources
from mcm_api.stats import routes as stats
from mcm_api.stats.dependencies import DailyTokenBudget
from mcm_api.stats.measure_triage import measure_triage
from mcm_api.users import routes as users
from mcm_api.users.activity_cache import ActivityCache
from mcm_api.users.profile import routes as profile
from mcm_api.webhooks import routes as webhooks
from mcm_api.webhooks.receiver import WebhookReceiver
from mcm_enricher import EnrichedPublisher, EnricherSettings, make_explainer
from mcm_shared.contracts.events import RawEvent
from mcm_shared.contracts.topics import Topics
from mcm_shared.db.engine import create_engine
from mcm_shared.db.migrate import bring_up_sqlite
from mcm_shared.errors import ConfigurationError
from mcm_shared.kafka.producer import Producer
from mcm_shared.kafka.topics_admin import ensure_topics, wait_for_topics
from mcm_shared.malloc_tuning import keep_heap_trimmed
from mcm_shared.settings import DatabaseSettings, KafkaSettings

log = structlog.get_logger()

_CLOSE_TIMEOUT_S: Final = 1.5
_PROBE_TIMEOUT_S: Final = 5.0
_ABOUT: Final = """
Events, the findings that rules raise from them, and the figures of both.

Times are in UTC. Errors are problem+json (RFC 9457) with a `request_id` that the log has too. A query parameter that
is not listed here is an error.
"""


class Api(FastAPI):
    """The application, whose OpenAPI document also has what routes refer to by hand."""

    def openapi(self) -> dict[str, Any]:
        """Writes the OpenAPI document."""
        document = super().openapi()
        _, schemas = models_json_schema(
            [
                (ProblemResponse, "serialization"),
                (RawEvent, "validation"),
                (GivenFeedback, "validation"),
                (ActionRequest, "validation"),
                (BulkActionRequest, "validation"),
                (ViewRequest, "validation"),
                (ExceptionRequest, "validation"),
                (ExceptionPreviewRequest, "validation"),
                (ExceptionActionRequest, "validation"),
                (DismissalRequest, "validation"),
                *((model, "validation") for model in access.BODIES),
                (StreamFinding, "serialization"),
                (StreamSummary, "serialization"),
                (StreamHeartbeat, "serialization"),
                (StreamResync, "serialization"),
            ],
            ref_template="#/components/schemas/{model}",
        )
        components = document.setdefault("components", {})
        components.setdefault("schemas", {}).update(schemas["$defs"])
        components["securitySchemes"] = access.SECURITY_SCHEMES
        return document


def create_app(
    settings: ApiSettings, database: DatabaseSettings, kafka: KafkaSettings | None, ai: EnricherSettings
) -> FastAPI:
    """Makes the application; it connects on first use and serves what it can while a dependency is down.

    ``kafka`` is None where none is configured: then the intake of events answers 503. Raises ConfigurationError for
    settings that contradict each other.
    """
    app = Api(
        title="Mini Compliance Monitor",
        description=_ABOUT,
        version="0.1.0",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
        responses=problem_answers(400, 401, 403, 421, 422, 429, 431, 500, 503),
        lifespan=_lifespan,
    )
    _provide_parts(app, settings, database, kafka, ai)
    for feature in (
        health,
        events,
        findings,
        triage,
        views,
        exceptions,
        notifications,
        enrichments,
        stats,
        users,
        profile,
        rules,
        pipeline,
        sources,
        webhooks,
        live,
        search,
    ):
        app.include_router(feature.router)
    for router in access.ROUTERS:
        app.include_router(router)
    serve_docs(app)
    serve_dashboard(app, settings.dashboard_path)
    install_problem_handlers(app)
    access.add_access_control(app)
    allowed = AllowedHosts(settings.host, settings.public_url, settings.allowed_hosts)
    app.add_middleware(LoadShedding, max_requests=settings.max_requests)
    app.add_middleware(CrossSiteProtection, allowed=allowed)
    app.add_middleware(RequestContext)
    app.add_middleware(StartPacing)
    return app


def _provide_parts(
    app: FastAPI, settings: ApiSettings, database: DatabaseSettings, kafka: KafkaSettings | None, ai: EnricherSettings
) -> None:
    engine = create_engine(database, statement_timeout_s=settings.query_timeout_s)
    clock = Clock()
    reader = DatabaseReader(engine, settings.query_timeout_s, FindingsCache(lambda: clock.now()))
    # connections of its own: explaining many findings must not keep readers waiting
    writing_engine = create_engine(database, statement_timeout_s=settings.query_timeout_s)
    # a flood of requests must not make /ready say that the database is down
    probing_engine = create_engine(database.model_copy(update={"pool_size": 2}), statement_timeout_s=_PROBE_TIMEOUT_S)
    probing = DatabaseReader(probing_engine, timeout_s=_PROBE_TIMEOUT_S)
    topics = Topics(kafka.topic_prefix if kafka else "")
    producer = Producer(kafka) if kafka else None
    explainer = make_explainer(ai, writing_engine)
    publisher = EnrichedPublisher(producer, topics)
    enrichment = EnrichmentService(writing_engine, explainer, producer, publisher, concurrency=2 * ai.concurrency)
    broadcaster = Broadcaster([topics.findings, topics.enriched, topics.triaged] if kafka else [])
    probes: dict[str, Probe] = {
        "database": partial(require_database, probing),
        "schema": partial(require_schema, probing),
    }
    if kafka:
        probes["kafka"] = partial(ensure_topics, kafka)
    provide(
        app,
        reader,
        enrichment,
        DatabaseWriter(writing_engine),
        TriagePublisher(producer, topics),
        clock,
        TriageTargets.parse(settings.triage_targets),
        EventRate(),
        RuleCatalogue(),
        ActivityCache(),
        Readiness(probes, probing.close),
        DailyTokenBudget(ai.budget),
        settings.webhooks,
        StreamConfig(broadcaster, kafka, reader, settings.max_streams, settings.max_streams_per_address),
        StreamPosition(lambda: broadcaster.position),
        BodyMemory(settings.max_body_bytes),
        Broker(Cluster(kafka, producer, ConsumerGroups(kafka)) if kafka and producer else None),
        DeadLettersPart(DeadLetters(kafka) if kafka else None),
    )
    access.provide_access(app, settings, settings.public_url, _base_url(settings), database, producer, topics)
    if producer:
        sender = CoalescingSender(producer)
        provide(app, Intake(sender, topics.raw, settings.max_event_bytes, settings.intake_timeout_s))
        provide(app, WebhookReceiver(sender, topics.raw, settings.intake_timeout_s))


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    reader, enrichment = part_of(app, DatabaseReader), part_of(app, EnrichmentService)
    readiness, stream = part_of(app, Readiness), part_of(app, StreamConfig)
    await bring_up_sqlite(enrichment.engine)
    work = [
        heartbeat(stream.broadcaster, readiness),
        publish_summary(stream.broadcaster, reader, part_of(app, EventRate)),
        measure_triage(reader, part_of(app, TriageTargets), part_of(app, Clock)),
        measure_exceptions(reader, part_of(app, Clock)),
        evaluate_exceptions(reader, part_of(app, DatabaseWriter), part_of(app, Clock)),
        FactIndexer(part_of(app, DatabaseWriter).engine).run(),
        keep_heap_trimmed(),
    ]
    work += access.background_work(app)
    dead_letters = part_of(app, DeadLettersPart).dead_letters
    if dead_letters:
        work.append(dead_letters.run())
    if stream.kafka:
        work += [_make_topics(stream.kafka), tail_findings(stream.kafka, stream.broadcaster, reader)]
    tasks = [asyncio.create_task(job) for job in work]
    try:
        yield
    finally:
        stream.broadcaster.end()
        for task in tasks:
            task.cancel()
        # closing must not wait for a server that is down
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                await asyncio.gather(*tasks, return_exceptions=True)
                closing = (readiness.close(), reader.close(), enrichment.close(), access.close(app))
                await asyncio.gather(*closing, return_exceptions=True)


async def _make_topics(kafka: KafkaSettings) -> None:
    try:
        await wait_for_topics(kafka)
    except ConfigurationError as error:
        log.error("topics are missing and cannot be made", reason=str(error))  # noqa: TRY400 (the reason is enough)


def _base_url(settings: ApiSettings) -> str:
    return settings.public_url or f"http://127.0.0.1:{settings.port}"


def _operation_id(route: APIRoute) -> str:
    # the function's name, so that a generated client reads well
    return route.name
