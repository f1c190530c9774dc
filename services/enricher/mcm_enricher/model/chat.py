"""The port of models that answer chat messages, and what can go wrong with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mcm_enricher.model.prompt import Message


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model said, and the tokens it cost (0 where the server does not tell)."""

    text: str
    prompt_tokens: int = 0
    completion_tokens: int = 0


class ChatModel(Protocol):
    """A model behind a server; called many times at once."""

    @property
    def name(self) -> str:
        """Its name, as stored with what it said."""

    @property
    def most_output_tokens(self) -> int:
        """Tokens that one reply can cost, at most."""

    async def ask(self, messages: Sequence[Message]) -> Reply:
        """Asks once, without trying again.

        Raises ModelUnavailableError when there is no reply, UnusableReplyError when it is none that can be read.
        """

    async def close(self) -> None:
        """Lets go of connections."""


class ModelUnavailableError(Exception):
    """Says that the server gave no reply; another time it may.

    ``retry_after_s`` is what the server asks for, None where it says nothing. ``lasting`` means that trying again soon
    is of no use: the key, the model or the request is refused. ``cost_unknown``: the request may have been answered,
    and paid, all the same.
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
    """Says that the server replied, but not with an answer: no choices, a refusal, cut off, far too long, no JSON.

    ``reason`` is in words of ours; the tokens are those it cost.
    """

    def __init__(self, reason: str, prompt_tokens: int = 0, completion_tokens: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.prompt_tokens = prompt_tokens
        self.completion_tokens = completion_tokens
