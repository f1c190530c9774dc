"""Explainer by language model: prompts are redacted; replies are validated, bounded and restored."""

import asyncio
import hashlib
from typing import Any, Final

from mcm_enricher.contexts import FindingContext
from mcm_enricher.explainers import Explanation
from mcm_enricher.explainers.heuristic import explain_by_rules
from mcm_enricher.model.client import ModelClient, ModelOutcome
from mcm_enricher.model.explanation import sanitize
from mcm_enricher.model.prompt import PROMPT_VERSION, Prompt, build_prompt
from mcm_enricher.model.redact import Redaction
from mcm_enricher.store.response_cache import ModelRequest

_CLOSE_WITHIN_S: Final = 2.0


class ModelExplainer:
    """Explains findings by a language model; falls back to the heuristic, so that every finding is explained.

    The heuristic's explanation is marked ``fallback`` when a later retry may help, and ``heuristic`` when the model
    replied and the reply was rejected. Findings with the same prompt share one reply.
    """

    free = False

    def __init__(self, client: ModelClient, redaction: Redaction = "all") -> None:
        self._client = client
        self._redaction = redaction
        self._in_flight: dict[str, asyncio.Task[ModelOutcome]] = {}

    async def explain(self, context: FindingContext, timeout_s: float | None = None) -> Explanation:
        """Explains one finding within ``timeout_s`` seconds, by the heuristic if necessary.

        A request that takes longer continues, and its reply is cached. Raises DatabaseDownError when the database is
        out of reach.
        """
        prompt = build_prompt(context, self._redaction)
        request = ModelRequest(_key(prompt, self._client.model_name), PROMPT_VERSION, self._client.model_name)
        outcome = await self._outcome(request, prompt, timeout_s)
        metadata = {
            "model": self._client.model_name,
            "prompt_version": PROMPT_VERSION,
            "prompt_hash": prompt.digest,
            "prompt_tokens": outcome.prompt_tokens,
            "completion_tokens": outcome.completion_tokens,
            "latency_ms": outcome.latency_ms,
        }
        if outcome.explanation is None:
            return explain_by_rules(context, source=outcome.source, fallback_reason=outcome.reason, **metadata)
        restore = prompt.redactor.restore
        explanation = outcome.explanation
        details: dict[str, Any] = {
            "model_score": explanation.score,
            "drivers": [sanitize(restore(driver)) for driver in explanation.drivers],
            "confidence": explanation.confidence,
            **metadata,
        }
        return Explanation(
            score=context.score.bound(explanation.score),
            text=sanitize(restore(explanation.text)),
            source=outcome.source,
            details=details,
        )

    def ready(self) -> bool:
        """Whether requests may be sent to the model."""
        return self._client.ready()

    async def close(self) -> None:
        """Waits briefly for requests in flight, then closes the connections."""
        tasks = list(self._in_flight.values())
        if tasks:
            await asyncio.wait(tasks, timeout=_CLOSE_WITHIN_S)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.close()

    async def _outcome(self, request: ModelRequest, prompt: Prompt, timeout_s: float | None) -> ModelOutcome:
        if timeout_s is not None and timeout_s <= 0:
            return ModelOutcome("fallback", reason="no time was left for the model")
        task = self._in_flight.get(request.key)
        joined = task is not None
        if task is None:
            task = asyncio.create_task(self._client.explain(request, prompt))
            self._in_flight[request.key] = task
            task.add_done_callback(lambda done: self._forget(request.key, done))
        await asyncio.wait([task], timeout=timeout_s)
        if not task.done():
            return ModelOutcome("fallback", reason=f"the model did not reply within {timeout_s:g} s")
        outcome = task.result()
        if joined and outcome.source == "openai":
            return ModelOutcome("cache", outcome.explanation)
        return outcome

    def _forget(self, key: str, task: "asyncio.Task[ModelOutcome]") -> None:
        self._in_flight.pop(key, None)
        if not task.cancelled():
            # the error is raised to the waiting caller; without one it does not matter
            task.exception()


def _key(prompt: Prompt, model: str) -> str:
    return hashlib.sha256(f"{model}\n{prompt.digest}".encode()).hexdigest()
