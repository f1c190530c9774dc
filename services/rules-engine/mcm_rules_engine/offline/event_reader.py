"""Reader of event files: normalises each record, in batches, and refuses what is not an event."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from mcm_rules_engine.sources import normalise
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.contracts.sources import CANONICAL, ENVELOPE, open_envelope, require_known_source
from mcm_shared.errors import PoisonEventError
from mcm_shared.event_files import Entry, read_entries, require_readable

_BATCH: Final = 1000

Refuse = Callable[[str, str], None]
"""Called with the place of a refused record and the reason."""


class EventReader:
    """Reads files (``-``: standard input), and counts ``events`` and the records ``refused``.

    ``source`` is a native source, CANONICAL or ENVELOPE. Raises ConfigurationError for an unknown source and for a
    file that cannot be read.
    """

    def __init__(self, names: Sequence[str], source: str, max_event_bytes: int, refuse: Refuse) -> None:
        require_known_source(source)
        for name in names:
            require_readable(name)
        self._names = names
        self._source = source
        self._max_event_bytes = max_event_bytes
        self._refuse = refuse
        self.events = 0
        self.refused = 0

    def batches(self) -> Iterator[list[SourceEvent]]:
        """Yields the events of the files in batches."""
        batch: list[SourceEvent] = []
        for name in self._names:
            for entries in read_entries(name, self._max_event_bytes):
                for entry in entries:
                    event = self._event(entry)
                    if event is not None:
                        batch.append(event)
                    if len(batch) == _BATCH:
                        yield batch
                        batch = []
        if batch:
            yield batch

    def _event(self, entry: Entry) -> SourceEvent | None:
        try:
            event = self._normalised(entry)
        except PoisonEventError as error:
            self.refused += 1
            self._refuse(entry.place, error.reason)
            return None
        self.events += 1
        return event

    def _normalised(self, entry: Entry) -> SourceEvent:
        if entry.error is not None:
            raise PoisonEventError(entry.error)
        source, payload = self._source, entry.data
        if source == ENVELOPE:
            named, payload = open_envelope(payload)
            return normalise(payload, named, entry.place)
        return normalise(payload, None if source == CANONICAL else source, entry.place)
