"""Names of topics and of the headers that records carry."""

from dataclasses import dataclass
from typing import Final

MAX_MESSAGE_BYTES: Final = 8 * 1024 * 1024
"""Size limit of a record on our topics, and the highest limit of an event."""

MAX_DEAD_LETTER_BYTES: Final = MAX_MESSAGE_BYTES + 512 * 1024
"""Size limit of a dead letter: the original record and its reason."""

SOURCE_HEADER: Final = "source"
"""Names the source of a native payload; a record without it holds a canonical event."""

WEBHOOK_EVENT_HEADER: Final = "webhook_event"
"""The event name a webhook carried beside its payload (GitHub's ``X-GitHub-Event``)."""

ORIGIN_HEADER: Final = "origin"
"""``topic/partition/offset`` of the record a replayed one stands for, so that its id stays the same."""

REASON_HEADER: Final = "reason"
"""On ``events.dead``: why the record could not be processed."""


@dataclass(frozen=True, slots=True)
class Topics:
    """The product's topics, with a common prefix (empty by default)."""

    prefix: str = ""

    @property
    def raw(self) -> str:
        """Any event, canonical or native."""
        return f"{self.prefix}events.raw"

    @property
    def dead(self) -> str:
        """Dead letters: records that could not be processed, with the reason."""
        return f"{self.prefix}events.dead"

    @property
    def findings(self) -> str:
        """A finding was raised or changed."""
        return f"{self.prefix}findings"

    @property
    def enriched(self) -> str:
        """The AI columns of a finding were written."""
        return f"{self.prefix}findings.enriched"

    @property
    def triaged(self) -> str:
        """A person acted on a finding."""
        return f"{self.prefix}findings.triaged"

    @property
    def audit(self) -> str:
        """The head of the audit trail's hash chain, each time it moved."""
        return f"{self.prefix}audit.head"

    def group(self, name: str) -> str:
        """The consumer group of a service."""
        return f"{self.prefix}{name}"
