"""The policy around a model, the same for the consumer, for batches and on demand.

Nothing is asked twice that stands in the database; no more at once than allowed; what fails is tried again a little
later, and a server that keeps failing is left alone; the day's tokens are shared by all workers.
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

from mcm_enricher.model.answer import Answer, AnswerRefusedError, read_answer
from mcm_enricher.model.chat import ChatModel, ModelUnavailableError, UnusableReplyError
from mcm_enricher.model.circuit_breaker import CircuitBreaker
from mcm_enricher.model.prompt import Message, Prompt
from mcm_enricher.model.token_budget import Reservation, TokenBudget
from mcm_enricher.store import answers as store
from mcm_enricher.store.answers import Claim, Question, StoredAnswer
from mcm_shared.concurrency.coalesce import Coalescer
from mcm_shared.db.engine import AsyncEngine
from mcm_shared.errors import McmError
from mcm_shared.metrics import counter

log = structlog.get_logger()

REQUESTS: Final = counter("mcm_ai_requests")
TOKENS: Final = counter("mcm_ai_tokens")

_ASKS: Final = 2
_CLAIM_SPARE_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a request that fails is tried, and how long is waited in between, in seconds."""

    attempts: int = 3
    wait_first_s: float = 0.5
    wait_most_s: float = 8.0
    retry_after_most_s: float = 10.0
    look_again_s: float = 0.25


@dataclass(frozen=True, slots=True)
class ModelOutcome:
    """What came of a question: an answer, or why there is none; what it cost, in tokens and milliseconds.

    ``source`` is ``openai`` or ``cache`` with an answer; without one ``fallback`` when asking again later may help, and
    ``heuristic`` when the model answered and the answer was refused.
    """

    source: str
    answer: Answer | None = None
    reason: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    latency_ms: int = 0


@dataclass(frozen=True, slots=True)
class _ModelReply:
    """What a model said to one request: text, or why there is none; and what it cost."""

    text: str | None
    refusal: str
    prompt_tokens: int
    completion_tokens: int
    latency_ms: int


class ModelClient:
    """Asks a model, or says why there is no answer."""

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
        """The model that is asked."""
        return self._model.name

    def ready(self) -> bool:
        """Says whether the model may be asked: it is not left alone, and there was a budget when last asked for."""
        return self._breaker.would_pass and not self._budget.used_up

    async def close(self) -> None:
        """Closes the connections; puts back what was taken from the budget."""
        await self._model.close()
        try:
            await self._budget.close()
        except McmError as error:
            log.warning("what the model cost was not booked", reason=str(error))

    async def answer(self, question: Question, prompt: Prompt) -> ModelOutcome:
        """Answers a question, from the database or by the model; an answer that is refused is asked for once more.

        Raises DatabaseDownError when the database does not answer.
        """
        messages: Sequence[Message] = prompt.messages
        spent = [0, 0, 0]
        for ask in range(1, _ASKS + 1):
            try:
                said = await self._ask_patiently(question, messages)
            except ModelUnavailableError as error:
                await store.give_back(self._engine, question.key, self._owner)
                return ModelOutcome("fallback", None, error.reason, *spent)
            if isinstance(said, ModelOutcome):
                return said
            spent = [
                spent[0] + said.prompt_tokens,
                spent[1] + said.completion_tokens,
                spent[2] + said.latency_ms,
            ]
            answer, refusal = _read(said)
            if answer is not None or ask == _ASKS:
                await self._store(question, answer, refusal, spent)
                break
            log.info("answer refused, asking once more", reason=refusal)
            messages = prompt.corrected(refusal)
        if answer is not None:
            return ModelOutcome("openai", answer, "", *spent)
        return ModelOutcome("heuristic", None, f"the model's answer was refused: {refusal}", *spent)

    async def _store(self, question: Question, answer: Answer | None, refusal: str, spent: Sequence[int]) -> None:
        stored = StoredAnswer(answer.as_data() if answer else None, refusal or None, *spent)
        await self._storing.do((question.key, stored))

    async def _ask_patiently(self, question: Question, messages: Sequence[Message]) -> _ModelReply | ModelOutcome:
        retry_policy = self._retry_policy
        async for attempt in stamina.retry_context(
            on=self._again,
            attempts=retry_policy.attempts,
            timeout=None,
            wait_initial=retry_policy.wait_first_s,
            wait_max=retry_policy.wait_most_s,
            wait_jitter=retry_policy.wait_first_s,
        ):
            with attempt:
                while True:
                    said = await self._claim_and_ask(question, messages)
                    if said is not None:
                        return said
                    await asyncio.sleep(retry_policy.look_again_s)
        raise AssertionError("the last attempt raises")

    def _again(self, error: Exception) -> bool | float:
        if not isinstance(error, ModelUnavailableError) or error.lasting or not self._breaker.would_pass:
            return False
        if error.retry_after_s is None:
            return True
        if error.retry_after_s > self._retry_policy.retry_after_most_s:
            return False
        return error.retry_after_s * random.uniform(1.0, 1.25)  # noqa: S311 (spreads requests, hides nothing)

    async def _claim_and_ask(
        self, question: Question, messages: Sequence[Message]
    ) -> _ModelReply | ModelOutcome | None:
        """Sends a request unless its response is stored; None while another worker sends the same one."""
        if not self.ready():
            instead = self._over_budget() if self._breaker.would_pass else _left_alone()
            return _known(await store.look_up(self._engine, question.key)) or instead
        claim = await self._claiming.do(question)
        if not claim.ours:
            return _known(claim.stored)
        claimed_at = time.monotonic()
        async with self._slots:
            if time.monotonic() - claimed_at > self._timeout_s:
                # a long queue: the claim may have run out meanwhile
                claim = await self._claiming.do(question)
                if not claim.ours:
                    return _known(claim.stored)
            reservation = await self._budget.reserve(_estimate(messages) + self._model.most_output_tokens)
            if reservation is not None and self._breaker.passes():
                return await self._ask(messages, reservation)
        if reservation is not None:
            self._budget.settle(reservation, 0, requests=0)
        await store.give_back(self._engine, question.key, self._owner)
        return self._over_budget() if reservation is None else _left_alone()

    async def _claim_all(self, questions: Sequence[Question]) -> Sequence[Claim]:
        # long enough to wait for a place and for the answer
        lease_s = 2 * self._timeout_s + _CLAIM_SPARE_S
        return await store.claim(self._engine, questions, self._owner, now=self._now(), for_s=lease_s)

    async def _store_all(self, answers: Sequence[tuple[str, StoredAnswer]]) -> Sequence[None]:
        await store.store_answers(self._engine, answers, self._owner, now=self._now())
        return [None] * len(answers)

    async def _ask(self, messages: Sequence[Message], reservation: Reservation) -> _ModelReply:
        started = time.perf_counter()
        text, refusal = None, ""
        # what became of a request that is broken off is not known
        used = reservation.tokens
        try:
            reply = await self._model.ask(messages)
            text, tokens = reply.text, (reply.prompt_tokens, reply.completion_tokens)
        except ModelUnavailableError as error:
            used = used if error.cost_unknown else 0
            REQUESTS.labels("unavailable").inc()
            self._breaker.failed(error.reason, retry_after_s=error.retry_after_s, lasting=error.lasting)
            raise
        except UnusableReplyError as error:
            refusal, tokens = error.reason, (error.prompt_tokens, error.completion_tokens)
            # a server that does not count: what was reserved is the only figure there is
            used = sum(tokens) or used
        else:
            used = sum(tokens) or used
        finally:
            self._budget.settle(reservation, used)
        self._breaker.succeeded()
        REQUESTS.labels("answered").inc()
        TOKENS.labels("prompt").inc(tokens[0])
        TOKENS.labels("completion").inc(tokens[1])
        return _ModelReply(text, refusal, *tokens, round((time.perf_counter() - started) * 1000))

    def _over_budget(self) -> ModelOutcome:
        return ModelOutcome("fallback", reason=f"the day's budget of {self._budget.limit:,} tokens is used up")


def _known(stored: StoredAnswer | None) -> ModelOutcome | None:
    if stored is None:
        return None
    if stored.answer is not None:
        return ModelOutcome("cache", Answer.of_data(stored.answer))
    return ModelOutcome("heuristic", None, f"the model's answer was refused: {stored.refusal}")


def _left_alone() -> ModelOutcome:
    return ModelOutcome("fallback", reason="the model's server keeps failing and is left alone for a while")


def _read(said: _ModelReply) -> tuple[Answer | None, str]:
    if said.text is None:
        return None, said.refusal
    try:
        return read_answer(said.text), ""
    except AnswerRefusedError as error:
        return None, error.reason


def _estimate(messages: Sequence[Message]) -> int:
    """Estimates the tokens of a prompt, rather too many than too few."""
    return sum(len(message["content"].encode()) for message in messages) // 3 + 50
