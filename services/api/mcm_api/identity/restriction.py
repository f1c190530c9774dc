"""Restriction of an identity to sources and a period, valid for the request that is being served."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Final


@dataclass(frozen=True, slots=True)
class Restriction:
    """What an identity may see: events and findings of these sources, from ``start`` and before ``end``; None: any."""

    sources: frozenset[str] | None = None
    start: datetime | None = None
    end: datetime | None = None

    @property
    def is_none(self) -> bool:
        """Whether everything may be seen."""
        return self == UNRESTRICTED

    def allows(self, source: str | None, at: datetime) -> bool:
        """Returns whether a finding or an event of this source and time may be seen."""
        return (
            (self.sources is None or source in self.sources)
            and (self.start is None or at >= self.start)
            and (self.end is None or at < self.end)
        )


UNRESTRICTED: Final = Restriction()

_CURRENT: Final[ContextVar[Restriction]] = ContextVar("mcm_restriction", default=UNRESTRICTED)


def current_restriction() -> Restriction:
    """Returns the restriction of the request that is being served; none outside of requests."""
    return _CURRENT.get()


@contextmanager
def restricted(restriction: Restriction) -> Iterator[None]:
    """Applies a restriction to every query of the block."""
    token = _CURRENT.set(restriction)
    try:
        yield
    finally:
        _CURRENT.reset(token)
