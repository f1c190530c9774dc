"""Protocol of explainers: they score a finding and explain it in words."""

from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from mcm_enricher.contexts import FindingContext

FALLBACK: Final = "fallback"
"""Source of a heuristic explanation in place of a model's, where a retry may help."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """An explanation: a score from 0 to 100, a text, and the explainer that wrote it.

    ``text`` is one paragraph of at most MAX_WORDS words: what happened, why it matters, what to check first; no HTML,
    no links, no control numbers. ``details`` is JSON that is stored beside the deterministic score's factors.
    """

    score: int
    text: str
    source: str
    details: dict[str, Any] = field(default_factory=dict)


class Explainer(Protocol):
    """Explains findings, one per call; safe for concurrent calls."""

    @property
    def free(self) -> bool:
        """Whether explanations cost nothing, so that every new version of a finding may be explained."""

    async def explain(self, context: FindingContext, timeout_s: float | None = None) -> Explanation:
        """Explains one finding within ``timeout_s`` seconds (None: no limit).

        The same finding may be explained again after a crash. Raises DatabaseDownError when the explainer needs the
        database and it is out of reach.
        """


class RunningExplainer(Explainer, Protocol):
    """An explainer that its owner closes."""

    def ready(self) -> bool:
        """Whether a retry of explanations marked ``fallback`` may succeed now."""

    async def close(self) -> None:
        """Ends requests in flight and closes connections."""
