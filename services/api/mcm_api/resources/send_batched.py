"""Coalesced sending: the messages of concurrent requests go to Kafka in one batch."""

from collections.abc import Sequence
from typing import Final

from mcm_shared.concurrency.coalesce import Coalescer
from mcm_shared.errors import BrokerDownError, MessageRefusedError, TransientError
from mcm_shared.kafka.producer import Producer
from mcm_shared.kafka.records import Outgoing

_MAX_MESSAGES: Final = 10_000


class CoalescingSender:
    """Sends the messages of concurrent callers together: Kafka takes one batch of a partition at a time."""

    def __init__(self, producer: Producer) -> None:
        self._producer = producer
        self._sends = Coalescer(self._send, rejection=MessageRefusedError, max_size=_MAX_MESSAGES, size_of=len)

    async def send(self, messages: Sequence[Outgoing]) -> None:
        """Sends messages and returns when all are acknowledged.

        Raises what Producer.send raises; a message that Kafka refuses fails its own caller only.
        """
        try:
            await self._sends.do(messages)
        except BrokerDownError:
            raise
        except TransientError as error:
            raise BrokerDownError("sending was interrupted before Kafka acknowledged") from error

    async def _send(self, groups: Sequence[Sequence[Outgoing]]) -> list[None]:
        await self._producer.send([message for messages in groups for message in messages])
        return [None for _ in groups]
