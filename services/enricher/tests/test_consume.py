"""The enricher as it runs: real Kafka, real Postgres, its own process."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from mcm_enricher.consume import EnrichmentHandler
from mcm_enricher.contexts import FindingContext
from mcm_enricher.enrich import Enricher
from mcm_enricher.explainers import Explanation
from mcm_shared.contracts.findings import FindingMessage, Severity, parse_finding
from mcm_shared.contracts.topics import REASON_HEADER, Topics
from mcm_shared.db.engine import transaction
from mcm_shared.db.tables import FINDINGS
from mcm_shared.errors import PoisonEventError
from mcm_shared.kafka.consumer.worker import Subscription, Worker
from mcm_shared.kafka.producer import connect_producer
from mcm_shared.kafka.read_topic import read_topic
from mcm_shared.kafka.records import Outgoing, header
from mcm_shared.kafka.topics_admin import ensure_topics
from mcm_shared.settings import KafkaSettings
from mcm_shared.testing.builders import a_finding
from mcm_shared.testing.waiting import until
from tests.services import Service

Store = Callable[[AsyncEngine, Iterable[FindingMessage]], Awaitable[list[FindingMessage]]]
SomeFindings = Callable[[AsyncEngine, int], Awaitable[list[FindingMessage]]]
RunService = Callable[..., Service]


@asynccontextmanager
async def running(run_service: RunService, **settings: str) -> AsyncIterator[Service]:
    service = run_service("mcm-enricher", "run", **settings)
    yield service
    service.terminate()
    assert await asyncio.to_thread(service.wait) == 0


async def publish(kafka: KafkaSettings, findings: Sequence[FindingMessage]) -> None:
    await ensure_topics(kafka)
    topic = Topics(kafka.topic_prefix).findings
    async with connect_producer(kafka) as producer:
        await producer.send([Outgoing(topic, f.model_dump_json().encode(), key=f.uid.bytes) for f in findings])


async def published(kafka: KafkaSettings) -> list[FindingMessage]:
    topic = Topics(kafka.topic_prefix).enriched
    return [parse_finding(record.value) async for record in read_topic(kafka, topic)]


async def until_told(kafka: KafkaSettings, findings: Iterable[FindingMessage]) -> list[FindingMessage]:
    requested = {(finding.uid, finding.version) for finding in findings}

    async def all_told() -> bool:
        return requested <= {(finding.uid, finding.version) for finding in await published(kafka)}

    await until(all_told, 60)
    return await published(kafka)


async def ai_versions(engine: AsyncEngine) -> dict[object, int | None]:
    async with transaction(engine, read_only=True) as connection:
        return dict((await connection.execute(select(FINDINGS.c.uid, FINDINGS.c.ai_version))).all())


async def test_a_finding_published_is_scored_explained_and_told(
    postgres: AsyncEngine, kafka: KafkaSettings, run_service: RunService, store_findings: Store
) -> None:
    findings = await store_findings(postgres, [a_finding(severity=severity) for severity in Severity])

    async with running(run_service):
        await publish(kafka, findings)
        enriched = {finding.uid: finding for finding in await until_told(kafka, findings)}

    scores = [enriched[finding.uid].risk_score or 0 for finding in findings]
    assert scores == sorted(scores)
    assert scores[-1] >= 80
    async with transaction(postgres, read_only=True) as connection:
        columns = FINDINGS.c.uid, FINDINGS.c.risk_score, FINDINGS.c.ai_explanation, FINDINGS.c.ai_enriched_at
        rows = (await connection.execute(select(*columns))).all()
    assert {tuple(row) for row in rows} == {
        (f.uid, f.risk_score, f.ai_explanation, f.ai_enriched_at) for f in enriched.values()
    }


async def test_what_is_no_finding_is_dead_lettered_and_its_neighbours_are_enriched(
    postgres: AsyncEngine, kafka: KafkaSettings, run_service: RunService, some_findings: SomeFindings
) -> None:
    before, after = await some_findings(postgres, 2)
    topics = Topics(kafka.topic_prefix)
    bad = Outgoing(topics.findings, b'{"id": 1, "uid": "not one"}', key=b"x")

    await publish(kafka, [before])
    async with connect_producer(kafka) as producer:
        await producer.send([bad])
    await publish(kafka, [after])
    async with running(run_service):
        await until_told(kafka, [before, after])
        await until(lambda: _any(kafka, topics.dead), 60)

    [dead] = [record async for record in read_topic(kafka, topics.dead)]
    assert dead.value == bad.value
    assert header(dead, REASON_HEADER) == (
        "not a finding: uid: Input should be a valid UUID, invalid character: found `n` at 0"
    )


async def test_a_redelivered_finding_is_told_again_and_stays_as_it_was(
    postgres: AsyncEngine, kafka: KafkaSettings, run_service: RunService, some_findings: SomeFindings
) -> None:
    [finding] = await some_findings(postgres, 1)

    async with running(run_service):
        await publish(kafka, [finding])
        [first] = await until_told(kafka, [finding])
        await publish(kafka, [finding])
        await until(lambda: _count(kafka, 2), 60)

    assert await published(kafka) == [first, first]


async def test_an_older_version_that_comes_late_changes_nothing(
    postgres: AsyncEngine, kafka: KafkaSettings, run_service: RunService, some_findings: SomeFindings
) -> None:
    finding, marker = await some_findings(postgres, 2)
    newer = finding.model_copy(update={"version": 4, "detection_count": 9})

    async with running(run_service):
        await publish(kafka, [newer])
        await until_told(kafka, [newer])
        # of the same key as the late one: when it has been published, the late one has been handled
        await publish(kafka, [finding, newer.model_copy(update={"version": 5})])
        messages = await until_told(kafka, [newer.model_copy(update={"version": 5})])

    assert [message.version for message in messages] == [4, 5]
    assert (await ai_versions(postgres))[finding.uid] == 5
    assert (await ai_versions(postgres))[marker.uid] is None


async def test_a_worker_killed_in_the_middle_loses_no_finding(
    postgres: AsyncEngine, kafka: KafkaSettings, run_service: RunService, some_findings: SomeFindings
) -> None:
    findings = await some_findings(postgres, 2000)
    await publish(kafka, findings)
    killed = run_service("mcm-enricher", "run", MCM_ENRICHER_BATCH_SIZE="20")
    await until(lambda: _some_enriched(postgres, 100), 60)
    killed.kill()
    done_before = sum(version is not None for version in (await ai_versions(postgres)).values())

    async with running(run_service):
        messages = await until_told(kafka, findings)

    assert done_before < len(findings)
    assert set((await ai_versions(postgres)).values()) == {1}
    by_uid: dict[object, set[tuple[int | None, str | None]]] = {}
    for message in messages:
        by_uid.setdefault(message.uid, set()).add((message.risk_score, message.ai_explanation))
    assert all(len(said) == 1 for said in by_uid.values())


async def test_two_workers_share_the_work_and_the_newest_version_wins(
    postgres: AsyncEngine, kafka: KafkaSettings, run_service: RunService, some_findings: SomeFindings
) -> None:
    findings = await some_findings(postgres, 300)
    last = [finding.model_copy(update={"version": 6, "detection_count": 6}) for finding in findings]

    small = {"MCM_ENRICHER_BATCH_SIZE": "50"}
    async with running(run_service, **small) as one, running(run_service, **small) as two:
        await asyncio.gather(*(asyncio.to_thread(worker.wait_for_log, "consuming") for worker in (one, two)))
        for version in range(1, 7):
            changes = {"version": version, "detection_count": version}
            await publish(kafka, [finding.model_copy(update=changes) for finding in findings])
        await until_told(kafka, last)

    assert set((await ai_versions(postgres)).values()) == {6}
    async with transaction(postgres, read_only=True) as connection:
        texts = (await connection.execute(select(FINDINGS.c.ai_explanation))).scalars().all()
    assert all("Seen 6 times" in (text or "") for text in texts)


class SpoiltExplainer:
    """An explainer whose answer about one finding no database can hold."""

    free = False

    def __init__(self, spoilt: object) -> None:
        self._spoilt = spoilt

    async def explain(self, case: FindingContext, timeout_s: float | None = None) -> Explanation:  # noqa: ARG002
        text = "a NUL: \x00" if case.finding.uid == self._spoilt else "fine"
        return Explanation(case.score.value, text, "test")


async def test_an_enrichment_the_database_refuses_does_not_stop_its_batch(
    postgres: AsyncEngine, kafka: KafkaSettings, some_findings: SomeFindings
) -> None:
    findings = await some_findings(postgres, 5)
    spoilt = findings[3]
    topics = Topics(kafka.topic_prefix)
    handler = EnrichmentHandler(Enricher(postgres, SpoiltExplainer(spoilt.uid)), topics)
    worker = Worker(kafka, Subscription(topics.findings, topics.group("enricher")), lambda: handler)

    await publish(kafka, findings)
    task = asyncio.create_task(worker.run())
    await until_told(kafka, [finding for finding in findings if finding != spoilt])
    await until(lambda: _any(kafka, topics.dead), 60)
    worker.stop()
    await task

    [dead] = [record async for record in read_topic(kafka, topics.dead)]
    assert dead.value == spoilt.model_dump_json().encode()
    assert (header(dead, REASON_HEADER) or "").startswith("the database refuses the record: ")
    versions = await ai_versions(postgres)
    assert [versions[finding.uid] for finding in findings] == [1, 1, 1, None, 1]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "not a finding: Invalid JSON"),
        (b"{", "not a finding: Invalid JSON"),
        (b"\xff\xfe", "not a finding: Invalid JSON"),
        (b"[]", "not a finding: Input should be an object"),
        (a_finding(rule_id="6; DROP TABLE findings").model_dump_json().encode(), "rule_id is not a UUID"),
        (a_finding(version=2**31).model_dump_json().encode(), "out of range"),
        (a_finding(detection_count=2**63).model_dump_json().encode(), "out of range"),
        (a_finding(uid=uuid4()).model_dump_json().replace('12:00:00Z","last', '12:00:00","last').encode(), "time zone"),
    ],
)
def test_what_is_no_finding_is_refused_with_a_reason(value: bytes | None, reason: str) -> None:
    with pytest.raises(PoisonEventError, match=reason):
        parse_finding(value)


async def _any(kafka: KafkaSettings, topic: str) -> bool:
    return bool([record async for record in read_topic(kafka, topic)])


async def _count(kafka: KafkaSettings, least: int) -> bool:
    return len(await published(kafka)) >= least


async def _some_enriched(engine: AsyncEngine, least: int) -> bool:
    async with transaction(engine, read_only=True) as connection:
        query = select(func.count()).select_from(FINDINGS).where(FINDINGS.c.ai_version.is_not(None))
        return (await connection.execute(query)).scalar_one() >= least
