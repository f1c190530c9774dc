"""Publishing from the outbox: the findings of recomputed rules, after the commit of their changes.

A result can change beside the batch that makes it change: a worker that has lost its partition may decide it and die.
So these findings are published by what the database holds, and not by the batches that touch them. At least once: a
change stays in the outbox until Kafka has its message.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NoReturn

import structlog

from mcm_rules_engine.pipeline.handler import finding_message
from mcm_rules_engine.store.findings import read_messages
from mcm_rules_engine.store.outbox import delete_from_outbox, take_from_outbox
from mcm_shared.backoff import backoff_s
from mcm_shared.concurrency.bisect import bisect_failures
from mcm_shared.contracts.topics import Topics
from mcm_shared.db.engine import AsyncEngine, transaction
from mcm_shared.errors import MessageRefusedError, TransientError
from mcm_shared.kafka.consumer.failure_policy import report_refused
from mcm_shared.kafka.records import Outgoing

log = structlog.get_logger()

Send = Callable[[Sequence[Outgoing]], Awaitable[None]]

_AT_ONCE: Final = 500
_POLL_S: Final = 0.5
_MAX_BACKOFF_S: Final = 5.0


async def publish_changes(engine: AsyncEngine, topics: Topics, send: Send) -> int:
    """Publishes the findings of some changes in the outbox, each in its last state; returns the number of changes."""
    async with transaction(engine) as connection:
        entries = await take_from_outbox(connection, _AT_ONCE)
        if entries:
            findings = await read_messages(connection, {uid for uid, _ in entries})
            messages = [finding_message(finding, topics) for finding in findings]
            await bisect_failures(messages, send, MessageRefusedError, report_refused)
            await delete_from_outbox(connection, entries)
    return len(entries)


async def publish_from_outbox(engine: AsyncEngine, topics: Topics, send: Send) -> NoReturn:
    """Publishes changes as they enter the outbox; waits for the database and Kafka while they are down."""
    failures = 0
    while True:
        wait = _POLL_S
        try:
            while await publish_changes(engine, topics, send):
                pass
            failures = 0
        except TransientError as error:
            failures += 1
            wait = backoff_s(failures, first_s=2 * _POLL_S, longest_s=_MAX_BACKOFF_S)
            log.warning("changes of findings not published yet, retrying", reason=str(error), again_in_s=wait)
        await asyncio.sleep(wait)
