"""The port of explainers: whatever scores a finding and says in words what it is about."""

from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from mcm_enricher.contexts import FindingContext

FALLBACK: Final = "fallback"
"""The source of what the heuristic said in a model's place, where asking the model again may help."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What an explainer says: a score from 0 to 100, a text, and which explainer it came from.

    ``text`` is one paragraph of at most MAX_WORDS words: what happened, why it matters, what to check first; no HTML,
    no links, no control numbers. ``details`` is JSON that is stored beside the deterministic score's factors.
    """

    score: int
    text: str
    source: str
    details: dict[str, Any] = field(default_factory=dict)


class Explainer(Protocol):
    """Explains findings, one at a time; called many times at once."""

    @property
    def free(self) -> bool:
        """Says that asking costs nothing, so that every new version of a finding may be asked about."""

    async def explain(self, case: FindingContext, timeout_s: float | None = None) -> Explanation:
        """Explains one finding within ``timeout_s`` seconds (None: however long it takes).

        The same case may be asked again after a crash. Raises DatabaseDownError when the explainer needs the database
        and that does not answer.
        """


class RunningExplainer(Explainer, Protocol):
    """An explainer that a process made for itself, to be closed at its end."""

    def ready(self) -> bool:
        """Says whether asking again for explanations that are marked ``fallback`` may do better now."""

    async def close(self) -> None:
        """Ends what is under way and lets go of connections."""
