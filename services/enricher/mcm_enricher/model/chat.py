"""Protocol of chat models, and its errors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mcm_enricher.model.prompt import Message


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's reply, and the tokens it cost (0 where the server does not report them)."""

    text: str
    prompt_tokens: int = 0
    completion_tokens: int = 0


class ChatModel(Protocol):
    """A chat model on a server; safe for concurrent calls."""

    @property
    def name(self) -> str:
        """Name of the model, stored with its replies."""

    @property
    def max_output_tokens(self) -> int:
        """Maximum number of tokens in one reply."""

    async def complete(self, messages: Sequence[Message]) -> Reply:
        """Sends one request, without retries.

        Raises ModelUnavailableError when there is no reply, UnusableReplyError when the reply cannot be used.
        """

    async def close(self) -> None:
        """Closes the connections."""


class ModelUnavailableError(Exception):
    """The server sent no reply; a later request may get one.

    ``retry_after_s`` is the wait that the server requests, None without one. ``lasting``: an early retry is pointless,
    since the key, the model or the request is refused. ``cost_unknown``: the request may have been processed and billed
    nevertheless.
    """

    def __init__(
        self, reason: str, *, retry_after_s: float | None = None, lasting: bool = False, cost_unknown: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after_s = retry_after_s
        self.lasting = lasting
        self.cost_unknown = cost_unknown


class UnusableReplyError(Exception):
    """The server sent a reply that cannot be used: no choices, a refusal, cut off, too long, not JSON.

    ``reason`` is a sentence of the product, never of the server; the tokens are the cost of the reply.
    """

    def __init__(self, reason: str, prompt_tokens: int = 0, completion_tokens: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.prompt_tokens = prompt_tokens
        self.completion_tokens = completion_tokens
