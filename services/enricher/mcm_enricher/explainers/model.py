"""The explainer that asks a model: what goes out is redacted, what comes back is checked, bounded and restored."""

import asyncio
import hashlib
from typing import Any, Final

from mcm_enricher.contexts import FindingContext
from mcm_enricher.explainers import Explanation
from mcm_enricher.explainers.heuristic import explain_by_rules
from mcm_enricher.model.answer import sanitize
from mcm_enricher.model.client import ModelClient, ModelOutcome
from mcm_enricher.model.prompt import PROMPT_VERSION, Prompt, build_prompt
from mcm_enricher.model.redact import Redaction
from mcm_enricher.store.answers import Question

_CLOSE_WITHIN_S: Final = 2.0


class ModelExplainer:
    """Explains findings by asking a model; falls back to the heuristic, so that every finding is explained.

    The heuristic's explanation is marked ``fallback`` when asking again later may help, and ``heuristic`` when the
    model answered and the answer was refused. Findings that ask the same share one answer.
    """

    free = False

    def __init__(self, client: ModelClient, redaction: Redaction = "all") -> None:
        self._client = client
        self._redaction = redaction
        self._asking: dict[str, asyncio.Task[ModelOutcome]] = {}

    async def explain(self, case: FindingContext, timeout_s: float | None = None) -> Explanation:
        """Explains one finding within ``timeout_s`` seconds, by the heuristic if need be.

        A question that is still under way then goes on, and its answer is there for the next who asks. Raises
        DatabaseDownError when the database does not answer.
        """
        prompt = build_prompt(case, self._redaction)
        question = Question(_key(prompt, self._client.model_name), PROMPT_VERSION, self._client.model_name)
        outcome = await self._outcome(question, prompt, timeout_s)
        asked = {
            "model": self._client.model_name,
            "prompt_version": PROMPT_VERSION,
            "prompt_hash": prompt.digest,
            "prompt_tokens": outcome.prompt_tokens,
            "completion_tokens": outcome.completion_tokens,
            "latency_ms": outcome.latency_ms,
        }
        if outcome.answer is None:
            return explain_by_rules(case, source=outcome.source, fallback_reason=outcome.reason, **asked)
        restore = prompt.redactor.restore
        answer = outcome.answer
        details: dict[str, Any] = {
            "model_score": answer.score,
            "drivers": [sanitize(restore(driver)) for driver in answer.drivers],
            "confidence": answer.confidence,
            **asked,
        }
        return Explanation(
            score=case.score.bound(answer.score),
            text=sanitize(restore(answer.explanation)),
            source=outcome.source,
            details=details,
        )

    def ready(self) -> bool:
        """Says whether the model may be asked: it is not left alone, and there was a budget when last asked for."""
        return self._client.ready()

    async def close(self) -> None:
        """Waits a moment for what is under way, then closes the connections."""
        tasks = list(self._asking.values())
        if tasks:
            await asyncio.wait(tasks, timeout=_CLOSE_WITHIN_S)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.close()

    async def _outcome(self, question: Question, prompt: Prompt, timeout_s: float | None) -> ModelOutcome:
        if timeout_s is not None and timeout_s <= 0:
            return ModelOutcome("fallback", reason="there was no time left to ask the model")
        task = self._asking.get(question.key)
        joined = task is not None
        if task is None:
            task = asyncio.create_task(self._client.answer(question, prompt))
            self._asking[question.key] = task
            task.add_done_callback(lambda done: self._forget(question.key, done))
        await asyncio.wait([task], timeout=timeout_s)
        if not task.done():
            return ModelOutcome("fallback", reason=f"the model had not answered within {timeout_s:g} s")
        outcome = task.result()
        if joined and outcome.source == "openai":
            return ModelOutcome("cache", outcome.answer)
        return outcome

    def _forget(self, key: str, task: "asyncio.Task[ModelOutcome]") -> None:
        self._asking.pop(key, None)
        if not task.cancelled():
            # the waiting caller sees the error; without one it does not matter
            task.exception()


def _key(prompt: Prompt, model: str) -> str:
    return hashlib.sha256(f"{model}\n{prompt.digest}".encode()).hexdigest()
