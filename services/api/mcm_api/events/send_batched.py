"""Sending the messages of many requests together: what arrives while a batch is under way goes with the next."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from mcm_shared.errors import BrokerDownError, PoisonEventError
from mcm_shared.kafka.producer import Producer
from mcm_shared.kafka.records import Outgoing

_MAX_TOGETHER: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Waiting:
    messages: Sequence[Outgoing]
    sent: asyncio.Future[None]


@dataclass(slots=True)
class CoalescingSender:
    """Sends for many callers at once; Kafka takes one batch of a partition at a time, so single ones would queue."""

    producer: Producer
    _waiting: list[_Waiting] = field(default_factory=list)
    _work: asyncio.Task[None] | None = None

    async def send(self, messages: Sequence[Outgoing]) -> None:
        """Sends messages and returns when all are acknowledged; callers are served in the order they came.

        Raises what Producer.send raises; a message that Kafka refuses is its own caller's failure only.
        """
        one = _Waiting(messages, asyncio.get_running_loop().create_future())
        self._waiting.append(one)
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._send_waiting())
        await one.sent

    async def _send_waiting(self) -> None:
        while self._waiting:
            group: list[_Waiting] = []
            messages = 0
            while self._waiting and (not group or messages + len(self._waiting[0].messages) <= _MAX_TOGETHER):
                one = self._waiting.pop(0)
                if not one.sent.done():  # its caller may have given up
                    group.append(one)
                    messages += len(one.messages)
            await self._send_group(group)

    async def _send_group(self, group: Sequence[_Waiting]) -> None:
        try:
            await self.producer.send([message for one in group for message in one.messages])
        except PoisonEventError as error:
            if len(group) == 1:
                _settle(group, error)
                return
            for one in group:
                await self._send_group([one])
        except BrokerDownError as error:
            _settle(group, error)
        except BaseException:
            _settle(group, BrokerDownError("sending ended before Kafka acknowledged"))
            raise
        else:
            _settle(group, None)


def _settle(group: Sequence[_Waiting], error: Exception | None) -> None:
    for one in group:
        if one.sent.done():
            continue
        if error is None:
            one.sent.set_result(None)
        else:
            one.sent.set_exception(error)
