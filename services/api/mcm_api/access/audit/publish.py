"""Publication of the audit chain's head, to a Kafka topic and as metrics: a rewritten table no longer matches it."""

import asyncio
from typing import Final

import orjson
import structlog

from mcm_api.access.audit.entry import GENESIS
from mcm_api.access.store import audit_log as store
from mcm_shared.contracts.topics import Topics
from mcm_shared.db.engine import AsyncEngine, transaction
from mcm_shared.errors import McmError
from mcm_shared.kafka.producer import Producer
from mcm_shared.kafka.read_topic import read_topic
from mcm_shared.kafka.records import Outgoing
from mcm_shared.metrics import gauge
from mcm_shared.settings import KafkaSettings

log = structlog.get_logger()

_INTERVAL_S: Final = 1.0
# so many of the hash's bits as a metric represents exactly
_METRIC_DIGITS: Final = 13
_KEY: Final = b"head"


async def publish_heads(engine: AsyncEngine, producer: Producer | None, topics: Topics) -> None:
    """Publishes each new head until cancelled, at most once a second; while Kafka is down the newest head waits."""
    published: tuple[int, str] = (0, GENESIS)
    deferred = False
    while True:
        try:
            head = await read_head(engine)
            if head != published:
                gauge("mcm_audit_entries").set(head[0])
                gauge("mcm_audit_head").set(int(head[1][:_METRIC_DIGITS], 16))
                if producer is not None:
                    await producer.send([Outgoing(topics.audit, orjson.dumps({"seq": head[0], "hash": head[1]}), _KEY)])
                published = head
            deferred = False
        except McmError as error:
            if not deferred:
                log.warning("head of the audit trail not published, retrying", reason=str(error))
            deferred = True
        except Exception:
            log.exception("head of the audit trail not published, retrying")
        await asyncio.sleep(_INTERVAL_S)


async def read_head(engine: AsyncEngine) -> tuple[int, str]:
    """Reads the number and the hash of the last entry."""
    async with transaction(engine, read_only=True) as connection:
        return await store.read_head(connection) or (0, GENESIS)


async def read_published(kafka: KafkaSettings) -> dict[int, str]:
    """Reads the heads that were published, by the number of the entry; of two for one entry the first counts.

    Raises BrokerDownError when Kafka does not answer.
    """
    heads: dict[int, str] = {}
    async for record in read_topic(kafka, Topics(kafka.topic_prefix).audit):
        try:
            head = orjson.loads(record.value or b"")
            heads.setdefault(int(head["seq"]), str(head["hash"]))
        except (ValueError, KeyError, TypeError):
            log.warning("a record of the audit topic holds no head", offset=record.offset)
    return heads
