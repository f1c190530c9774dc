"""CloudTrail's log files in S3: new ones by notifications in SQS, older ones by listing the bucket.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html
"""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, Any, Final
from urllib.parse import unquote_plus

import structlog
from pydantic import Field, model_validator

from mcm_ingestor.connectors.aws import AwsSettings, aws_request, open_aws, source_errors
from mcm_ingestor.connectors.cloudtrail_files import records_of_file, unreadable_file
from mcm_ingestor.connectors.errors import ObjectArchivedError, ObjectGoneError, SourceError, SourceRefusedError
from mcm_ingestor.connectors.permissions import tried
from mcm_ingestor.connectors.protocol import Connector, ConnectorType, Page, Permission, Position
from mcm_shared.contracts.sources import AWS_CLOUDTRAIL

log = structlog.get_logger()

_LATENESS: Final = timedelta(minutes=15)
"""How long CloudTrail takes to deliver a log file, on average about five minutes."""

_WAIT_S: Final = 10
_MESSAGES: Final = 10
_HIDDEN_S: Final = 300
_KEYS: Final = 1000
_MAX_OBJECT_BYTES: Final = 64 * 1024 * 1024
_NO_LOG_FILES: Final = ("CloudTrail-Digest/",)

Place = tuple[str, str]
"""Bucket and key of an object."""


class CloudTrailS3Settings(AwsSettings):
    """The queue that the bucket notifies, and the prefix that the first start imports."""

    queue_url: Annotated[str | None, Field(pattern=r"^https?://", description="URL of the SQS queue")] = None
    bucket: Annotated[str | None, Field(pattern=r"^[a-z0-9.-]{3,63}$", description="Bucket of the trail")] = None
    prefix: Annotated[str, Field(max_length=1024, description="Where the import looks")] = "AWSLogs/"
    wait_s: Annotated[int, Field(ge=0, le=20, description="Seconds that a poll of the queue waits")] = _WAIT_S

    @model_validator(mode="after")
    def _something_to_read(self) -> "CloudTrailS3Settings":
        if self.queue_url is None and self.bucket is None:
            raise ValueError("set queue_url for new log files, bucket for older ones, or both")
        return self


class CloudTrailS3:
    """Reads log files: those that messages name, or all of a prefix; one file is one page."""

    pause_s: float | None = None

    def __init__(self, s3: Any, sqs: Any, settings: CloudTrailS3Settings) -> None:
        self._s3 = s3
        self._sqs = sqs
        self._settings = settings

    def start(self, start_at: datetime, until: datetime | None) -> Position:
        """Returns the position of the queue, or of an import of the objects written since ``start_at``."""
        if until is None:
            return {"queue": self._settings.queue_url}
        return {"import": {"since": start_at.isoformat(), "until": until.isoformat(), "after": ""}}

    async def pages(self, position: Position) -> AsyncIterator[Page]:
        """Reads the log files that are there now."""
        pages = self._import(position) if "import" in position else self._queue(position)
        async for page in pages:
            yield page

    async def _queue(self, position: Position) -> AsyncIterator[Page]:
        if self._settings.queue_url is None:
            return
        while True:
            asked_at = datetime.now(UTC)
            with source_errors():
                received = await self._sqs.receive_message(
                    QueueUrl=self._settings.queue_url,
                    MaxNumberOfMessages=_MESSAGES,
                    WaitTimeSeconds=self._settings.wait_s,
                    VisibilityTimeout=_HIDDEN_S,
                )
            messages = received.get("Messages", [])
            for message in messages:
                objects = list(objects_in_notification(message.get("Body", "")))
                for place in objects[:-1]:
                    yield Page(await self._records(place), position)
                last = await self._records(objects[-1]) if objects else []
                yield Page(last, position, acknowledge=partial(self._delete, message["ReceiptHandle"]))
            if not messages:
                yield Page([], position, asked_at - _LATENESS)
                return

    async def _delete(self, receipt: str) -> None:
        with source_errors():
            await self._sqs.delete_message(QueueUrl=self._settings.queue_url, ReceiptHandle=receipt)

    async def _import(self, position: Position) -> AsyncIterator[Page]:
        if self._settings.bucket is None:
            return
        window = position["import"]
        since, until = (datetime.fromisoformat(window[key]) for key in ("since", "until"))
        after = window["after"]
        while True:
            with source_errors():
                listed = await self._s3.list_objects_v2(
                    Bucket=self._settings.bucket, Prefix=self._settings.prefix, StartAfter=after, MaxKeys=_KEYS
                )
            for entry in listed.get("Contents", []):
                after = entry["Key"]
                if since <= entry["LastModified"] < until + timedelta(seconds=1) and _is_log_file(after):
                    place = (self._settings.bucket, after)
                    yield Page(await self._records(place), {"import": {**window, "after": after}})
            yield Page([], {"import": {**window, "after": after}})
            if not listed.get("IsTruncated"):
                return

    async def _records(self, place: Place) -> list[Any]:
        bucket, key = place
        if not _is_log_file(key):
            return []
        try:
            with source_errors():
                found = await self._s3.get_object(Bucket=bucket, Key=key)
                async with found["Body"] as stream:
                    content = await stream.read(_MAX_OBJECT_BYTES + 1)
        except ObjectGoneError as error:
            log.warning("log file skipped", bucket=bucket, key=key, reason=str(error))
            return []
        except ObjectArchivedError as error:
            log.warning("log file is archived; its name is dead-lettered", bucket=bucket, key=key, reason=str(error))
            return [unreadable_file(b"archived; restore it, then import it again", f"s3://{bucket}/{key}")]
        return records_of_file(content, f"s3://{bucket}/{key}")

    async def check(self) -> list[Permission]:
        """Tries the queue and the bucket, and changes neither."""
        queue = [] if self._settings.queue_url is None else await self._check_queue(self._settings.queue_url)
        bucket = [] if self._settings.bucket is None else await self._check_bucket(self._settings.bucket)
        return [*queue, *bucket]

    async def _check_queue(self, url: str) -> list[Permission]:
        attributes = aws_request(self._sqs.get_queue_attributes, QueueUrl=url)
        found = await tried("sqs:GetQueueAttributes", attributes, refused=SourceError)
        # a message that is received for no time is there for the next receiver at once
        receiving = {"MaxNumberOfMessages": 1, "VisibilityTimeout": 0, "WaitTimeSeconds": 0}
        receive = aws_request(self._sqs.receive_message, QueueUrl=url, **receiving)
        received = await tried("sqs:ReceiveMessage", receive, refused=SourceError)
        delete = aws_request(self._sqs.delete_message, QueueUrl=url, ReceiptHandle="none")
        try:
            deleted = await tried("sqs:DeleteMessage", delete)
        except SourceRefusedError as error:
            # to be refused for the receipt is to be allowed
            deleted = Permission(
                "sqs:DeleteMessage", granted=received.granted, detail="" if received.granted else str(error)
            )
        return [found, received, deleted]

    async def _check_bucket(self, bucket: str) -> list[Permission]:
        listing = aws_request(self._s3.list_objects_v2, Bucket=bucket, Prefix=self._settings.prefix, MaxKeys=_KEYS)
        keys: list[str] = []

        async def list_keys() -> None:
            keys.extend(entry["Key"] for entry in (await listing).get("Contents", []))

        listed = await tried("s3:ListBucket", list_keys(), refused=SourceError)
        key = next(filter(_is_log_file, keys), None)
        if key is None:
            return [listed]
        read = aws_request(self._s3.get_object, Bucket=bucket, Key=key, Range="bytes=0-0")
        return [listed, await tried("s3:GetObject", read, refused=SourceError)]


def objects_in_notification(body: str) -> Iterator[Place]:
    """Yields the objects that a message names: from S3, through SNS or EventBridge, or by CloudTrail itself."""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return
    if not isinstance(message, dict):
        return
    if isinstance(message.get("Message"), str):
        yield from objects_in_notification(message["Message"])
        return
    keys = message.get("s3ObjectKey")
    if isinstance(message.get("s3Bucket"), str) and isinstance(keys, list):
        yield from ((message["s3Bucket"], key) for key in keys if isinstance(key, str))
    named = [record.get("s3") for record in message.get("Records") or [] if isinstance(record, dict)]
    for each in [*named, message.get("detail")]:
        if isinstance(each, dict) and isinstance(each.get("bucket"), dict) and isinstance(each.get("object"), dict):
            bucket, key = each["bucket"].get("name"), each["object"].get("key")
            if isinstance(bucket, str) and isinstance(key, str):
                yield bucket, unquote_plus(key)


def _is_log_file(key: str) -> bool:
    return key.endswith((".json.gz", ".json")) and not any(part in key for part in _NO_LOG_FILES)


@asynccontextmanager
async def _open(settings: CloudTrailS3Settings) -> AsyncIterator[Connector]:
    async with AsyncExitStack() as stack:
        s3 = await stack.enter_async_context(open_aws(settings, "s3"))
        sqs = await stack.enter_async_context(open_aws(settings, "sqs"))
        yield CloudTrailS3(s3, sqs, settings)


CONNECTOR: Final = ConnectorType(
    name="aws.cloudtrail.s3", feeds=(AWS_CLOUDTRAIL,), settings=CloudTrailS3Settings, open=_open
)
