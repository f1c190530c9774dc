"""Model client: response cache, concurrency limit, retries, circuit breaker and daily token budget.

The same for the consumer, for batches and on demand. The cache and the budget are shared by all workers.
"""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

import stamina
import structlog

from mcm_enricher.model.chat import ChatModel, ModelUnavailableError, UnusableReplyError
from mcm_enricher.model.circuit_breaker import CircuitBreaker
from mcm_enricher.model.explanation import ModelExplanation, ReplyRejectedError, parse_explanation
from mcm_enricher.model.prompt import Message, Prompt
from mcm_enricher.model.token_budget import Reservation, TokenBudget
from mcm_enricher.store import response_cache as store
from mcm_enricher.store.response_cache import CachedResponse, Claim, ModelRequest
from mcm_shared.concurrency.coalesce import Coalescer
from mcm_shared.db.engine import AsyncEngine
from mcm_shared.errors import McmError
from mcm_shared.metrics import counter

log = structlog.get_logger()

REQUESTS: Final = counter("mcm_ai_requests")
TOKENS: Final = counter("mcm_ai_tokens")

_MAX_REPLIES: Final = 2
_CLAIM_SPARE_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Retries of a request that fails: attempts, and waits in seconds.

    ``poll_s`` is the interval for checking on a request that another worker has sent.
    """

    attempts: int = 3
    initial_wait_s: float = 0.5
    max_wait_s: float = 8.0
    max_retry_after_s: float = 10.0
    poll_s: float = 0.25


@dataclass(frozen=True, slots=True)
class ModelOutcome:
    """Outcome of a request: an explanation or the reason for having none, with its cost in tokens and milliseconds.

    ``source`` is ``openai`` or ``cache`` with an explanation; without one ``fallback`` when a later retry may help, and
    ``heuristic`` when the model replied and the reply was rejected.
    """

    source: str
    explanation: ModelExplanation | None = None
    reason: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    latency_ms: int = 0


@dataclass(frozen=True, slots=True)
class _ModelReply:
    """A model's reply to one request: text or the reason for having none, and its cost."""

    text: str | None
    rejection: str
    prompt_tokens: int
    completion_tokens: int
    latency_ms: int


class ModelClient:
    """Sends requests to a model, within the limits of this module."""

    def __init__(
        self,
        engine: AsyncEngine,
        model: ChatModel,
        *,
        concurrency: int = 16,
        budget: int | None = None,
        timeout_s: float = 20.0,
        retry_policy: RetryPolicy | None = None,
        breaker: CircuitBreaker | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._engine = engine
        self._model = model
        self._budget = TokenBudget(engine, budget, now)
        self._timeout_s = timeout_s
        self._retry_policy = retry_policy or RetryPolicy()
        self._breaker = breaker or CircuitBreaker()
        self._now = now
        self._slots = asyncio.Semaphore(concurrency)
        self._owner = uuid4()
        self._claiming = Coalescer(self._claim_all)
        self._storing = Coalescer(self._store_all)

    @property
    def model_name(self) -> str:
        """Name of the model."""
        return self._model.name

    def ready(self) -> bool:
        """Whether requests may be sent: the circuit breaker allows it, and the token budget is not used up."""
        return self._breaker.would_pass and not self._budget.used_up

    async def close(self) -> None:
        """Closes the connections and returns unused tokens to the budget."""
        await self._model.close()
        try:
            await self._budget.close()
        except McmError as error:
            log.warning("token usage not recorded", reason=str(error))

    async def explain(self, request: ModelRequest, prompt: Prompt) -> ModelOutcome:
        """Returns the explanation for a prompt, from the cache or the model; retries once when a reply is rejected.

        Raises DatabaseDownError when the database is out of reach.
        """
        messages: Sequence[Message] = prompt.messages
        spent = [0, 0, 0]
        for attempt in range(1, _MAX_REPLIES + 1):
            try:
                reply = await self._complete_with_retries(request, messages)
            except ModelUnavailableError as error:
                await store.release_claim(self._engine, request.key, self._owner)
                return ModelOutcome("fallback", None, error.reason, *spent)
            if isinstance(reply, ModelOutcome):
                return reply
            spent = [
                spent[0] + reply.prompt_tokens,
                spent[1] + reply.completion_tokens,
                spent[2] + reply.latency_ms,
            ]
            explanation, rejection = _parse(reply)
            if explanation is not None or attempt == _MAX_REPLIES:
                await self._store(request, explanation, rejection, spent)
                break
            log.info("model reply rejected, retrying", reason=rejection)
            messages = prompt.corrected(rejection)
        if explanation is not None:
            return ModelOutcome("openai", explanation, "", *spent)
        return ModelOutcome("heuristic", None, f"the model's reply was rejected: {rejection}", *spent)

    async def _store(
        self, request: ModelRequest, explanation: ModelExplanation | None, rejection: str, spent: Sequence[int]
    ) -> None:
        stored = CachedResponse(explanation.as_data() if explanation else None, rejection or None, *spent)
        await self._storing.do((request.key, stored))

    async def _complete_with_retries(
        self, request: ModelRequest, messages: Sequence[Message]
    ) -> _ModelReply | ModelOutcome:
        retry_policy = self._retry_policy
        async for attempt in stamina.retry_context(
            on=self._retry_delay,
            attempts=retry_policy.attempts,
            timeout=None,
            wait_initial=retry_policy.initial_wait_s,
            wait_max=retry_policy.max_wait_s,
            wait_jitter=retry_policy.initial_wait_s,
        ):
            with attempt:
                while True:
                    reply = await self._claim_and_complete(request, messages)
                    if reply is not None:
                        return reply
                    await asyncio.sleep(retry_policy.poll_s)
        raise AssertionError("the last attempt raises")

    def _retry_delay(self, error: Exception) -> bool | float:
        if not isinstance(error, ModelUnavailableError) or error.lasting or not self._breaker.would_pass:
            return False
        if error.retry_after_s is None:
            return True
        if error.retry_after_s > self._retry_policy.max_retry_after_s:
            return False
        return error.retry_after_s * random.uniform(1.0, 1.25)  # noqa: S311 (spreads requests, hides nothing)

    async def _claim_and_complete(
        self, request: ModelRequest, messages: Sequence[Message]
    ) -> _ModelReply | ModelOutcome | None:
        """Sends a request unless its response is cached; None while another worker sends the same one."""
        if not self.ready():
            instead = self._over_budget() if self._breaker.would_pass else _paused()
            return _cached(await store.read_response(self._engine, request.key)) or instead
        claim = await self._claiming.do(request)
        if not claim.ours:
            return _cached(claim.stored)
        claimed_at = time.monotonic()
        async with self._slots:
            if time.monotonic() - claimed_at > self._timeout_s:
                # a long queue: the claim may have run out meanwhile
                claim = await self._claiming.do(request)
                if not claim.ours:
                    return _cached(claim.stored)
            reservation = await self._budget.reserve(_estimate(messages) + self._model.max_output_tokens)
            if reservation is not None and self._breaker.passes():
                return await self._send(messages, reservation)
        if reservation is not None:
            self._budget.settle(reservation, 0, requests=0)
        await store.release_claim(self._engine, request.key, self._owner)
        return self._over_budget() if reservation is None else _paused()

    async def _claim_all(self, requests: Sequence[ModelRequest]) -> Sequence[Claim]:
        # long enough to wait for a slot and for the reply
        lease_s = 2 * self._timeout_s + _CLAIM_SPARE_S
        return await store.claim(self._engine, requests, self._owner, now=self._now(), for_s=lease_s)

    async def _store_all(self, responses: Sequence[tuple[str, CachedResponse]]) -> Sequence[None]:
        await store.store_responses(self._engine, responses, self._owner, now=self._now())
        return [None] * len(responses)

    async def _send(self, messages: Sequence[Message], reservation: Reservation) -> _ModelReply:
        started = time.perf_counter()
        text, rejection = None, ""
        # whether an aborted request was billed is unknown
        used = reservation.tokens
        try:
            reply = await self._model.complete(messages)
            text, tokens = reply.text, (reply.prompt_tokens, reply.completion_tokens)
        except ModelUnavailableError as error:
            used = used if error.cost_unknown else 0
            REQUESTS.labels("unavailable").inc()
            self._breaker.failed(error.reason, retry_after_s=error.retry_after_s, lasting=error.lasting)
            raise
        except UnusableReplyError as error:
            rejection, tokens = error.reason, (error.prompt_tokens, error.completion_tokens)
            # a server that does not report usage: the reservation is the only figure
            used = sum(tokens) or used
        else:
            used = sum(tokens) or used
        finally:
            self._budget.settle(reservation, used)
        self._breaker.succeeded()
        REQUESTS.labels("answered").inc()
        TOKENS.labels("prompt").inc(tokens[0])
        TOKENS.labels("completion").inc(tokens[1])
        return _ModelReply(text, rejection, *tokens, round((time.perf_counter() - started) * 1000))

    def _over_budget(self) -> ModelOutcome:
        return ModelOutcome("fallback", reason=f"the daily budget of {self._budget.limit:,} tokens is used up")


def _cached(stored: CachedResponse | None) -> ModelOutcome | None:
    if stored is None:
        return None
    if stored.explanation is not None:
        return ModelOutcome("cache", ModelExplanation.of_data(stored.explanation))
    return ModelOutcome("heuristic", None, f"the model's reply was rejected: {stored.rejection}")


def _paused() -> ModelOutcome:
    return ModelOutcome("fallback", reason="requests to the model are paused after repeated failures")


def _parse(reply: _ModelReply) -> tuple[ModelExplanation | None, str]:
    if reply.text is None:
        return None, reply.rejection
    try:
        return parse_explanation(reply.text), ""
    except ReplyRejectedError as error:
        return None, error.reason


def _estimate(messages: Sequence[Message]) -> int:
    """Estimates the tokens of a prompt, on the high side."""
    return sum(len(message["content"].encode()) for message in messages) // 3 + 50
