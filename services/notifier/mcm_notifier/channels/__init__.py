"""Channels: each sends messages to one place outside. A channel is one file that exports one settings class."""

from abc import ABC, abstractmethod
from typing import Final

from pydantic import BaseModel, ConfigDict

from mcm_notifier.messages import Message
from mcm_shared.errors import McmError

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

    @abstractmethod
    async def send(self, message: Message) -> str:
        """Sends a message and returns what the receiver answered; raises DeliveryError."""
