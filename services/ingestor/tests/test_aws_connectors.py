"""CloudTrail from S3 through SQS, by import of a prefix, and by LookupEvents; Azure's logs from an event hub."""

import gzip
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mcm_ingestor.connectors.aws import AwsSettings, open_aws
from mcm_ingestor.connectors.aws_cloudtrail_s3 import objects_in_notification
from mcm_ingestor.connectors.errors import SourceRefusedError
from mcm_ingestor.connectors.registry import connector_types
from mcm_ingestor.connectors.sources_file import ConfiguredSource
from mcm_ingestor.store.positions import BACKFILL
from mcm_ingestor.testing.dying_producer import DyingProducer
from mcm_ingestor.testing.loopback import Reply, Request, serving
from mcm_ingestor.testing.reading import Reading, stop
from mcm_shared.kafka.producer import connect_producer
from mcm_shared.kafka.records import Outgoing

BUCKET = "trail"
KEYS = {"region": "eu-west-1", "access_key_id": "testing", "secret_access_key": "testing"}


class Trail:
    """A bucket of log files, and the queue that it notifies."""

    def __init__(self, s3: Any, sqs: Any, queue_url: str) -> None:
        self.queue_url = queue_url
        self._s3 = s3
        self._sqs = sqs
        self._files = 0
        self.ids: set[str] = set()

    async def write(self, count: int, *, notify: bool = True, account: str = "111122223333") -> None:
        """Writes a log file of so many records."""
        self._files += 1
        records = [{"eventID": f"{self._files}-{number}"} for number in range(count)]
        self.ids |= {record["eventID"] for record in records}
        key = f"AWSLogs/o-1/{account}/CloudTrail/eu-west-1/2026/11/20/file-{self._files:04}.json.gz"
        await self.put(key, gzip.compress(json.dumps({"Records": records}).encode()))
        if notify:
            await self.notify(key)

    async def put(self, key: str, content: bytes) -> None:
        """Writes an object."""
        await self._s3.put_object(Bucket=BUCKET, Key=key, Body=content)

    async def notify(self, key: str) -> None:
        """Sends the notification of an object."""
        body = {"Records": [{"s3": {"bucket": {"name": BUCKET}, "object": {"key": key.replace("=", "%3D")}}}]}
        await self._sqs.send_message(QueueUrl=self.queue_url, MessageBody=json.dumps(body))

    async def left(self) -> int:
        """Returns how many messages the queue holds, hidden ones too."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = await self._sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=names)
        return sum(int(found["Attributes"][name]) for name in names)


@pytest.fixture
async def trail(aws_url: str, topic_prefix: str) -> AsyncIterator[Trail]:
    """An empty trail."""
    settings = AwsSettings.model_validate({"connector": "x", "endpoint_url": aws_url, **KEYS})
    async with open_aws(settings, "s3") as s3, open_aws(settings, "sqs") as sqs:
        await s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        queue = await sqs.create_queue(QueueName=topic_prefix.rstrip("-"), Attributes={"VisibilityTimeout": "1"})
        yield Trail(s3, sqs, queue["QueueUrl"])
        listed = await s3.list_objects_v2(Bucket=BUCKET)
        for entry in listed.get("Contents", []):
            await s3.delete_object(Bucket=BUCKET, Key=entry["Key"])
        await s3.delete_bucket(Bucket=BUCKET)


def configured(kind: str, **said: Any) -> ConfiguredSource:
    """Configures a source that is polled without a pause."""
    connector = connector_types()[kind]
    model = connector.settings.model_validate({"connector": kind, "interval_s": 0.05, **said})
    return ConfiguredSource(f"my-{kind}", connector, model)


def from_s3(aws_url: str, trail: Trail) -> ConfiguredSource:
    """Configures the queue and the bucket."""
    return configured(
        "aws.cloudtrail.s3", endpoint_url=aws_url, queue_url=trail.queue_url, bucket=BUCKET, wait_s=0, **KEYS
    )


async def test_log_files_arrive_by_notification_and_by_import(aws_url: str, trail: Trail, reading: Reading) -> None:
    for account in ("111122223333", "444455556666"):
        await trail.write(5, notify=False, account=account)
    await trail.put("AWSLogs/o-1/1/CloudTrail-Digest/eu-west-1/digest.json.gz", b"no log file")
    source = from_s3(aws_url, trail)
    async with connect_producer(reading.kafka) as producer:
        task = reading.start(source, producer)
        await reading.until(lambda: reading.backfilled(source), task)
        for _ in range(3):
            await trail.write(4)
        await trail.put("AWSLogs/cut.json.gz", gzip.compress(b'{"Records": []}')[:-9])
        await trail.notify("AWSLogs/cut.json.gz")
        await trail.notify("AWSLogs/deleted.json.gz")

        async def queue_is_empty() -> bool:
            return await trail.left() == 0

        await reading.until(queue_is_empty, task)
        await stop(task)
    values = [record.value or b"" for record in await reading.records("aws.cloudtrail")]
    assert {json.loads(value)["eventID"] for value in values if value.startswith(b"{")} == trail.ids
    # the file that cannot be read goes to the engine as it is, which dead-letters it
    assert [value[:32] for value in values if not value.startswith(b"{")] == [b"s3://trail/AWSLogs/cut.json.gz: "]


async def test_a_message_is_deleted_once_its_records_are_acknowledged(
    aws_url: str, trail: Trail, reading: Reading
) -> None:
    source = from_s3(aws_url, trail)
    await trail.write(4)
    producer = DyingProducer(reading.kafka, pages=0, share=1)
    with pytest.raises(BaseExceptionGroup):
        await reading.start(source, producer)
    await producer.close()
    assert await trail.left() == 1
    assert await reading.ids("aws.cloudtrail", "eventID") == trail.ids


async def test_a_check_tries_each_permission_and_changes_nothing(aws_url: str, trail: Trail) -> None:
    await trail.write(4)
    source = from_s3(aws_url, trail)
    async with source.type.open(source.settings) as connector:
        permissions = await connector.check()
    assert [each.name for each in permissions if each.granted] == [
        "sqs:GetQueueAttributes",
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "s3:ListBucket",
        "s3:GetObject",
    ]
    assert len(permissions) == 5
    assert await trail.left() == 1


async def test_an_import_continues_where_it_was_interrupted(aws_url: str, trail: Trail, reading: Reading) -> None:
    for _ in range(12):
        await trail.write(2, notify=False)
    source = from_s3(aws_url, trail)
    async with connect_producer(reading.kafka) as producer:
        task = reading.start(source, producer)

        async def half_imported() -> bool:
            row = await reading.row(source, BACKFILL)
            return row is not None and row.position["import"]["after"] >= "AWSLogs/o-1/111122223333/CloudTrail"

        await reading.until(half_imported, task)
        await stop(task)
        task = reading.start(source, producer)
        await reading.until(lambda: reading.backfilled(source), task)
        await stop(task)
    assert await reading.ids("aws.cloudtrail", "eventID") == trail.ids


async def test_only_a_log_file_that_is_gone_is_skipped() -> None:
    keys = ("archived", "gone", "slow")
    refusals = {"archived": (403, "InvalidObjectState"), "gone": (404, "NoSuchKey"), "slow": (400, "RequestTimeout")}
    listed = "".join(
        f"<Contents><Key>{key}.json</Key><LastModified>2026-11-20T12:00:00.000Z</LastModified></Contents>"
        for key in keys
    )

    def respond(request: Request) -> Reply:
        if "list-type" in request.query:
            return Reply(raw=f"<ListBucketResult>{listed}</ListBucketResult>".encode())
        status, code = refusals[request.path.rpartition("/")[2].removesuffix(".json")]
        return Reply(raw=f"<Error><Code>{code}</Code></Error>".encode(), status=status)

    with serving(respond) as url:
        source = configured("aws.cloudtrail.s3", endpoint_url=url, bucket=BUCKET, **KEYS)
        window = {"since": "2026-11-20T00:00:00+00:00", "until": "2026-11-21T00:00:00+00:00", "after": ""}
        async with source.type.open(source.settings) as connector:
            pages = connector.pages({"import": window})
            archived, gone = await anext(pages), await anext(pages)
            with pytest.raises(SourceRefusedError, match="RequestTimeout"):
                await anext(pages)
    # its name goes to the dead letters, since a person has to restore it
    assert [each.payload[:50] for each in archived.records] == [b"s3://trail/archived.json: archived; restore it, th"]
    assert gone.records == []


@pytest.mark.parametrize(
    "body",
    [
        {"Records": [{"s3": {"bucket": {"name": "b"}, "object": {"key": "a%3Db.json.gz"}}}]},
        {"Type": "Notification", "Message": json.dumps({"s3Bucket": "b", "s3ObjectKey": ["a=b.json.gz"]})},
        {"detail-type": "Object Created", "detail": {"bucket": {"name": "b"}, "object": {"key": "a=b.json.gz"}}},
    ],
)
def test_every_form_of_notification_names_its_objects(body: Any) -> None:
    assert list(objects_in_notification(json.dumps(body))) == [("b", "a=b.json.gz")]


@pytest.mark.parametrize("body", ["", "[]", '{"Event": "s3:TestEvent"}', '{"Records": [null, {"s3": 5}]}'])
def test_what_names_no_object_is_no_page(body: str) -> None:
    assert list(objects_in_notification(body)) == []


async def test_lookup_events_reads_windows_newest_first_through_throttling(reading: Reading) -> None:
    begin = datetime.now(UTC) - timedelta(hours=20)
    events = [{"eventID": f"e-{number}", "at": (begin + timedelta(hours=number)).timestamp()} for number in range(19)]
    requests: list[dict[str, Any]] = []

    def respond(request: Request) -> Reply:
        query = json.loads(request.body)
        requests.append(query)
        if len(requests) % 3 == 0:
            return Reply({"__type": "ThrottlingException", "message": "Rate exceeded"}, status=400)
        if query.get("NextToken") == "4" and len(requests) < 9:
            return Reply({"__type": "InvalidNextTokenException", "message": "expired"}, status=400)
        found = [each for each in events if query["StartTime"] <= each["at"] <= query["EndTime"]][::-1]
        at = int(query.get("NextToken", 0))
        page = [{"EventId": each["eventID"], "CloudTrailEvent": json.dumps(each)} for each in found[at : at + 4]]
        return Reply({"Events": page, **({"NextToken": str(at + 4)} if at + 4 < len(found) else {})})

    with serving(respond) as url:
        source = configured("aws.cloudtrail.lookup", endpoint_url=url, query_interval_s=0, **KEYS)
        async with connect_producer(reading.kafka) as producer:
            task = reading.start(source, producer)
            await reading.until(lambda: reading.backfilled(source), task)
            await stop(task)
    assert await reading.ids("aws.cloudtrail", "eventID") == {each["eventID"] for each in events}


async def test_an_event_hub_is_read_by_partition_from_its_beginning(reading: Reading) -> None:
    hub = f"{reading.kafka.topic_prefix}findings"
    source = configured("azure.eventhub", namespace=reading.kafka.bootstrap_servers, hub=hub, protocol="PLAINTEXT")
    async with connect_producer(reading.kafka) as producer:
        values = [json.dumps({"records": [{"id": number}]}).encode() for number in range(9)]
        await producer.send([Outgoing(hub, value, key=value) for value in values[:6]])
        for count in (6, 9):
            task = reading.start(source, producer)

            async def stored(count: int = count) -> bool:
                row = await reading.row(source)
                return row is not None and sum(row.position.values()) >= count

            await reading.until(stored, task)
            await stop(task)
            await producer.send([Outgoing(hub, value, key=value) for value in values[6:] if count == 6])
    # the second reading began where the first one ended
    assert sorted(record.value or b"" for record in await reading.records("azure.activity")) == sorted(values)
    assert sum((await reading.row(source)).position.values()) == 9


async def test_a_hub_that_was_created_anew_is_read_from_its_beginning(reading: Reading) -> None:
    hub = f"{reading.kafka.topic_prefix}findings"
    source = configured("azure.eventhub", namespace=reading.kafka.bootstrap_servers, hub=hub, protocol="PLAINTEXT")
    async with connect_producer(reading.kafka) as producer:
        await producer.send([Outgoing(hub, b'{"records": []}')])
    async with source.type.open(source.settings) as connector:
        beyond = {str(partition): 500 for partition in range(reading.kafka.topic_partitions)}
        pages = [page async for page in connector.pages(beyond)]
    assert [each.payload for page in pages for each in page.records] == [b'{"records": []}']
    assert sum(pages[-1].next_position.values()) == 1


async def test_a_hub_that_cannot_be_reached_is_a_failure_of_the_source(reading: Reading) -> None:
    source = configured("azure.eventhub", namespace="127.0.0.1:1", hub="logs", protocol="PLAINTEXT")
    async with connect_producer(reading.kafka) as producer:
        task = reading.start(source, producer)

        async def failing() -> bool:
            row = await reading.row(source)
            return row is not None and row.error_kind == "failing"

        await reading.until(failing, task)
        await stop(task)
    assert (await reading.row(source)).error.startswith("the event hub cannot be read: Kafka does not answer")
