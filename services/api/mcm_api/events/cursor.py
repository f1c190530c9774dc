"""The opaque cursor of ``GET /events``: the place of one event in the order of time."""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PLACE: Final = re.compile(rb"(-?[0-9]{1,18})\.([0-9]{1,18})")


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where an event stands: its timestamp and, among events of one instant, its id."""

    timestamp: datetime
    id: int

    def encode(self) -> str:
        """Writes the cursor as text that needs no escaping in a URL."""
        micros = (self.timestamp - _EPOCH) // timedelta(microseconds=1)
        return base64.urlsafe_b64encode(f"{micros}.{self.id}".encode()).rstrip(b"=").decode()

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        """Reads a cursor; raises ValueError for one this API did not make."""
        unreadable = "is not a cursor of this API; take it from the Link header of a page"
        try:
            place = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), b"-_", validate=True)
        except (UnicodeEncodeError, binascii.Error):
            raise ValueError(unreadable) from None
        match = _PLACE.fullmatch(place)
        if match is None:
            raise ValueError(unreadable)
        try:
            return cls(_EPOCH + timedelta(microseconds=int(match[1])), int(match[2]))
        except OverflowError:
            raise ValueError(unreadable) from None
