"""Following the topics of findings for as long as the API runs, whatever becomes of the broker."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from typing import Final

import structlog

from mcm_api.database import DatabaseReader
from mcm_api.live.broadcaster import Broadcaster
from mcm_api.live.frames import FindingFrame
from mcm_api.live.schemas import HEARTBEAT_S, StreamHeartbeat
from mcm_api.live.stored_frames import read_frames
from mcm_api.resources.readiness import Readiness
from mcm_shared.errors import BrokerDownError, ConfigurationError, DatabaseDownError, PositionGoneError
from mcm_shared.kafka.records import Record
from mcm_shared.kafka.tail import tail_topics
from mcm_shared.settings import KafkaSettings

log = structlog.get_logger()

_GATHER_S: Final = 0.1
_AGAIN_S: Final = 1.0


async def tail_findings(kafka: KafkaSettings, broadcaster: Broadcaster, reader: DatabaseReader) -> None:
    """Publishes the findings that the topics announce until cancelled; continues where it was after an outage."""
    down = False
    while True:
        try:
            async with aclosing(tail_topics(kafka, broadcaster.topics, broadcaster.offsets)) as batches:
                async for records, offsets in batches:
                    if not records:
                        down = False
                        broadcaster.open(offsets)
                        log.info("following the findings", position=broadcaster.position)
                        continue
                    broadcaster.publish(await _stored(reader, records), offsets)
                    # what comes within a moment goes out together: many listeners cost by the batch, not by the frame
                    await asyncio.sleep(_GATHER_S)
        except PositionGoneError:
            log.warning("live updates skip to now: the topics no longer hold what comes next")
            broadcaster.offsets = None
            continue
        except BrokerDownError as error:
            if not down:
                log.warning("live updates are waiting for Kafka", reason=str(error))
            down = True
        except Exception:
            log.exception("following the findings failed and is tried again")
        await asyncio.sleep(_AGAIN_S)


async def _stored(reader: DatabaseReader, records: Sequence[Record]) -> list[FindingFrame]:
    while True:
        try:
            return await read_frames(reader, records)
        except (DatabaseDownError, ConfigurationError):
            # /ready and every request report the reason
            await asyncio.sleep(_AGAIN_S)


async def heartbeat(broadcaster: Broadcaster, readiness: Readiness) -> None:
    """Heartbeat of the stream, with the dependencies that the API cannot use; until it is cancelled."""
    while True:
        await asyncio.sleep(HEARTBEAT_S)
        # dependencies are probed only while there are subscribers
        missing = await readiness.missing() if broadcaster.subscribers else []
        broadcaster.heartbeat = StreamHeartbeat(missing=[each.name for each in missing])
        broadcaster.announce("heartbeat", broadcaster.heartbeat.model_dump(mode="json"))
