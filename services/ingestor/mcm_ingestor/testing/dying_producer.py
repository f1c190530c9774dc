"""A producer that stands for the end of the process at a chosen moment of a page."""

from collections.abc import Sequence

from mcm_shared.kafka.producer import Producer
from mcm_shared.kafka.records import Outgoing
from mcm_shared.settings import KafkaSettings


class DiedError(BaseException):
    """Stands for the end of the process."""


class DyingProducer(Producer):
    """Dies when so many pages have been sent whole and of the next one a share is acknowledged.

    With a share of 1 the whole page is acknowledged, and its position is not stored yet.
    """

    def __init__(self, kafka: KafkaSettings, pages: int, share: float) -> None:
        super().__init__(kafka)
        self._left = pages
        self._share = share

    async def send(self, messages: Sequence[Outgoing]) -> None:
        """Sends a page, or a part of it and dies."""
        if not messages or self._left > 0:
            self._left -= bool(messages)
            await super().send(messages)
            return
        acknowledged = messages[: round(len(messages) * self._share)]
        if acknowledged:
            await super().send(acknowledged)
        raise DiedError
