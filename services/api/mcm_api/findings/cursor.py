"""The opaque cursor of ``GET /findings``: the place of one finding in the order asked for."""

import base64
import binascii
from dataclasses import dataclass
from typing import Final

import orjson

_MAX: Final = 2**62


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a finding stands: the order, the number it is ordered by, and its id."""

    sort: str
    order: str
    value: int
    id: int

    def encode(self) -> str:
        """Writes the cursor as text that needs no escaping in a URL."""
        return (
            base64.urlsafe_b64encode(orjson.dumps([self.sort, self.order, self.value, self.id])).rstrip(b"=").decode()
        )

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        """Reads a cursor; raises ValueError for one this API did not make."""
        unreadable = "is not a cursor of this API; take it from `next` of a page"
        try:
            sort, order, value, number = orjson.loads(
                base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), b"-_", validate=True)
            )
        except (UnicodeEncodeError, binascii.Error, ValueError, TypeError):
            raise ValueError(unreadable) from None
        of_its_type = isinstance(sort, str) and isinstance(order, str) and type(value) is type(number) is int
        if not of_its_type or not (-_MAX < value < _MAX and 0 < number < _MAX):
            raise ValueError(unreadable)
        return cls(sort, order, value, number)
