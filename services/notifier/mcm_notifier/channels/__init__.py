"""Channels: each sends messages to one place outside. A channel is one file that exports one settings class."""

from abc import ABC, abstractmethod
from collections.abc import Collection
from typing import Final

import structlog
from pydantic import BaseModel, ConfigDict

from mcm_notifier.messages import Message
from mcm_shared.errors import McmError

log = structlog.get_logger()

RETRIED_STATUSES: Final = frozenset({408, 425, 429})
"""HTTP statuses below 500 after which a message is retried."""


class DeliveryError(McmError):
    """A message was not accepted, and may be later; ``retry_after_s`` is what the receiver asks for."""

    def __init__(self, reason: str, retry_after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class DeliveryRefusedError(DeliveryError):
    """A message was refused in a way that a retry does not change."""


class Channel(BaseModel, ABC):
    """A channel and its settings in channels.yml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str

    async def deliver(self, message: Message) -> str:
        """Sends a message and returns what the receiver answered, without secrets; raises DeliveryError."""
        try:
            return self._redacted(await self.send(message))
        except DeliveryError as error:
            raise type(error)(self._redacted(str(error)), error.retry_after_s) from None
        except Exception as error:
            log.exception("channel failed", type=self.type)
            raise DeliveryError(f"the channel failed: {type(error).__name__}") from error

    @abstractmethod
    async def send(self, message: Message) -> str:
        """Sends a message and returns what the receiver answered; raises DeliveryError."""

    def secret_parts(self) -> Collection[str]:
        """Lists what a response must not show, should the receiver repeat it."""
        return ()

    def _redacted(self, text: str) -> str:
        for part in sorted(self.secret_parts(), key=len, reverse=True):
            text = text.replace(part, "***")
        return text
