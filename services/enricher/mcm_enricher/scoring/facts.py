"""Facts of a finding's events, read defensively: they are untrusted input of any shape."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mcm_shared.contracts.findings import FindingMessage

_VALUES_READ: Final = 50
_CHARACTERS_READ: Final = 200


@dataclass(frozen=True, slots=True)
class FindingFacts:
    """The facts of a finding's earliest and latest event and the fields of its group.

    ``actor`` is the user that the finding is about; ``event_type`` and ``source`` are the earliest event's, or "". Of a
    correlation that is not about one user only the group counts: its earliest event is one of many.
    """

    event_type: str
    source: str
    actor: str
    parts: tuple[Mapping[str, Any], ...]

    def texts(self, *names: str) -> list[str]:
        """Collects the texts of some facts, each once: the earliest event's, the group's, then the latest event's."""
        found: dict[str, None] = {}
        for name in names:
            for part in self.parts:
                if name in part:
                    for text in _flat(part[name]):
                        found[text] = None
                        if len(found) == _VALUES_READ:
                            return list(found)
        return list(found)

    def text(self, *names: str) -> str:
        """Finds the first text of some facts; "" where there is none."""
        return next(iter(self.texts(*names)), "")


def facts_of(finding: FindingMessage) -> FindingFacts:
    """Reads the facts of a finding; missing or malformed ones are absent."""
    earliest = _mapping(finding.extra_data.get("earliest"))
    latest = _mapping(finding.extra_data.get("latest"))
    if finding.user is None and "count" in earliest:
        return FindingFacts(event_type="", source=_text(earliest.get("source")), actor="", parts=(finding.group,))
    return FindingFacts(
        event_type=_text(earliest.get("event_type")),
        source=_text(earliest.get("source")),
        actor="" if finding.user is None else _text(earliest.get("user")) or _text(finding.user),
        parts=(_mapping(earliest.get("facts")), finding.group, _mapping(latest.get("facts"))),
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value[:_CHARACTERS_READ] if isinstance(value, str) else ""


def _flat(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if value:
            yield value[:_CHARACTERS_READ]
    elif isinstance(value, list):
        for item in value[:_VALUES_READ]:
            if isinstance(item, str | int | float):
                yield str(item)[:_CHARACTERS_READ]
    elif isinstance(value, int | float):
        yield str(value)
