"""A process that dies inside a page, or between its acknowledgement and its position, loses nothing.

``make kills`` kills each source 20 times and more (``MCM_CONNECTOR_KILLS``); other runs a few times.
"""

import asyncio
import gzip
import json
import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, Protocol

import pytest

from mcm_ingestor.connectors import aws_cloudtrail_s3
from mcm_ingestor.connectors.aws import AwsSettings, open_aws
from mcm_ingestor.connectors.registry import connector_types
from mcm_ingestor.connectors.sources_file import ConfiguredSource
from mcm_ingestor.testing.dying_producer import DiedError, DyingProducer
from mcm_ingestor.testing.loopback import Reply, Request, serving
from mcm_ingestor.testing.reading import Reading, stop
from mcm_ingestor.testing.source_apis import GithubAuditApi, GraphApi, OktaApi, SourceApi, events_of_last_day
from mcm_shared.contracts.sources import AWS_CLOUDTRAIL
from mcm_shared.kafka.producer import connect_producer
from mcm_shared.kafka.records import Outgoing

KILLS: Final = int(os.environ.get("MCM_CONNECTOR_KILLS", "4"))
FILES: Final = 6
SHARES: Final = (0.0, 0.5, 1.0)
"""Of the page in which the process dies: how much of it Kafka has acknowledged."""

AWS_KEYS: Final = {"region": "eu-west-1", "access_key_id": "testing", "secret_access_key": "testing"}
GRAPH: Final = {"tenant": "t", "client_id": "c", "client_secret": "s", "graph_url": "URL", "login_url": "URL"}


@dataclass
class Served:
    """A source, the ids of all it serves, and how they are read from Kafka."""

    source: ConfiguredSource
    ids: set[str]
    feed: str
    key: str = "id"
    api: SourceApi | None = None


class Serve(Protocol):
    """Serves a source for as long as the context lasts."""

    def __call__(self, reading: Reading, aws_url: str, /) -> AbstractAsyncContextManager[Served]:
        """Starts to serve."""
        ...


def configured(kind: str, **said: Any) -> ConfiguredSource:
    """Configures a source that is polled without a pause."""
    connector = connector_types()[kind]
    model = connector.settings.model_validate({"connector": kind, "interval_s": 0.05, **said})
    return ConfiguredSource(f"my-{kind}", connector, model)


def api_of(kind: str, api_type: type[SourceApi], time_field: str, **settings: Any) -> Serve:
    """Serves an HTTP API with pages of five events."""

    @asynccontextmanager
    async def serve(_reading: Reading, _aws_url: str) -> AsyncIterator[Served]:
        api = api_type(events_of_last_day(60, time_field), time_field, with_faults=False)
        with serving(api.respond) as url:
            api.url = url
            said = {name: url if value == "URL" else value for name, value in settings.items()}
            yield Served(configured(kind, **said), {each["id"] for each in api.events}, kind, api=api)

    return serve


@asynccontextmanager
async def github_events(_reading: Reading, _aws_url: str) -> AsyncIterator[Served]:
    """Serves GitHub's Events API: one page whatever it holds, and read from the first start on."""
    events = [
        {"id": f"e-{age}", "created_at": (datetime.now(UTC) + timedelta(minutes=age)).isoformat()}
        for age in range(30, 0, -1)
    ]
    with serving(lambda _: Reply(events)) as url:
        source = configured("github.events", api_url=url, token="t", repository="example/payments")
        yield Served(source, {each["id"] for each in events}, "github.events")


@asynccontextmanager
async def lookup_events(_reading: Reading, _aws_url: str) -> AsyncIterator[Served]:
    """Serves LookupEvents: newest first, four events a page."""
    begin = datetime.now(UTC) - timedelta(hours=20)
    events = [{"eventID": f"e-{n}", "at": (begin + timedelta(minutes=n * 30)).timestamp()} for n in range(36)]

    def respond(request: Request) -> Reply:
        query = json.loads(request.body)
        found = [each for each in events if query["StartTime"] <= each["at"] <= query["EndTime"]][::-1]
        at = int(query.get("NextToken", 0))
        page = [{"EventId": each["eventID"], "CloudTrailEvent": json.dumps(each)} for each in found[at : at + 4]]
        return Reply({"Events": page, **({"NextToken": str(at + 4)} if at + 4 < len(found) else {})})

    with serving(respond) as url:
        source = configured("aws.cloudtrail.lookup", endpoint_url=url, query_interval_s=0, **AWS_KEYS)
        yield Served(source, {str(each["eventID"]) for each in events}, AWS_CLOUDTRAIL, "eventID")


@asynccontextmanager
async def log_files(reading: Reading, aws_url: str, *, notified: bool) -> AsyncIterator[Served]:
    """Serves a bucket of log files, imported or announced by a queue."""
    name = reading.kafka.topic_prefix.rstrip("-").lower()
    settings = AwsSettings.model_validate({"connector": "x", "endpoint_url": aws_url, **AWS_KEYS})
    ids = {f"{file}-{number}" for file in range(FILES) for number in range(4)}
    async with open_aws(settings, "s3") as s3, open_aws(settings, "sqs") as sqs:
        await s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        queue = await sqs.create_queue(QueueName=name)
        for file in range(FILES):
            records = [{"eventID": f"{file}-{number}"} for number in range(4)]
            key = f"AWSLogs/1/CloudTrail/{file:02}.json.gz"
            await s3.put_object(Bucket=name, Key=key, Body=gzip.compress(json.dumps({"Records": records}).encode()))
            if notified:
                body = json.dumps({"Records": [{"s3": {"bucket": {"name": name}, "object": {"key": key}}}]})
                await sqs.send_message(QueueUrl=queue["QueueUrl"], MessageBody=body)
        where = {"queue_url": queue["QueueUrl"], "wait_s": 0} if notified else {"bucket": name}
        source = configured("aws.cloudtrail.s3", endpoint_url=aws_url, **where, **AWS_KEYS)
        yield Served(source, ids, AWS_CLOUDTRAIL, "eventID")


@asynccontextmanager
async def event_hub(reading: Reading, _aws_url: str) -> AsyncIterator[Served]:
    """Serves an event hub, which speaks Kafka."""
    hub = f"{reading.kafka.topic_prefix}findings"
    async with connect_producer(reading.kafka) as producer:
        for number in range(20):
            await producer.send([Outgoing(hub, json.dumps({"id": f"e-{number}"}).encode())])
    said = {"namespace": reading.kafka.bootstrap_servers, "hub": hub, "protocol": "PLAINTEXT"}
    yield Served(configured("azure.eventhub", **said), {f"e-{number}" for number in range(20)}, "azure.activity")


SOURCES: Final[dict[str, Serve]] = {
    "okta.system": api_of("okta.system", OktaApi, "published", url="URL", token="t"),
    "github.audit": api_of(
        "github.audit", GithubAuditApi, "@timestamp", api_url="URL", token="t", organization="e", query_interval_s=0
    ),
    "github.events": github_events,
    "azure.signin": api_of("azure.signin", GraphApi, "createdDateTime", **GRAPH),
    "azure.audit": api_of("azure.audit", GraphApi, "activityDateTime", **GRAPH),
    "azure.eventhub": event_hub,
    "aws.cloudtrail.lookup": lookup_events,
    "aws.cloudtrail.s3, import": partial(log_files, notified=False),
    "aws.cloudtrail.s3, queue": partial(log_files, notified=True),
}


@pytest.mark.parametrize("name", SOURCES)
async def test_kills_inside_a_page_lose_nothing(
    name: str, reading: Reading, aws_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a message that a dead process has received is back at once instead of after five minutes
    monkeypatch.setattr(aws_cloudtrail_s3, "_HIDDEN_S", 0)
    async with SOURCES[name](reading, aws_url) as served:
        died = 0
        for kill in range(KILLS):
            dying = DyingProducer(reading.kafka, pages=kill // 3 % 2, share=SHARES[kill % 3])
            task = reading.start(served.source, dying)
            if served.api is not None and kill % 4 == 3:
                # inside a request instead
                at = len(served.api.requests) + 2
                served.api.on_request = partial(_cancel_at, asyncio.get_running_loop(), task, at)
            died += await _ended(task, reading, served)
            if served.api is not None:
                served.api.on_request = lambda _: None
            await dying.close()
        assert died > 0
        async with connect_producer(reading.kafka) as producer:
            task = reading.start(served.source, producer)

            async def all_arrived() -> bool:
                return await reading.ids(served.feed, served.key) == served.ids

            await reading.until(all_arrived, task)
            await stop(task)


def _cancel_at(loop: asyncio.AbstractEventLoop, task: "asyncio.Task[None]", last: int, number: int) -> None:
    if number == last:
        loop.call_soon_threadsafe(task.cancel)


async def _ended(task: "asyncio.Task[None]", reading: Reading, served: Served) -> bool:
    """Waits until the process has died, or until the source has nothing more to die of; returns whether it died."""

    async with asyncio.timeout(60):
        while not (await asyncio.wait({task}, timeout=1))[0]:
            if await reading.ids(served.feed, served.key) == served.ids:
                break
    killed = task.done()
    task.cancel()
    outcome = (await asyncio.gather(task, return_exceptions=True))[0]
    if isinstance(outcome, BaseExceptionGroup):
        _, others = outcome.split((DiedError, asyncio.CancelledError))
        assert others is None, others
    else:
        assert isinstance(outcome, DiedError | asyncio.CancelledError), outcome
    return killed
