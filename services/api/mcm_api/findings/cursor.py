"""The opaque cursor of ``GET /findings``: the place of one finding in the order asked for."""

import base64
import binascii
from dataclasses import dataclass
from typing import Final

import orjson

_MOST: Final = 2**62


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a finding stands: the order, and its values in it, the id last."""

    sort: str
    order: str
    place: tuple[int, ...]

    def encode(self) -> str:
        """Writes the cursor as text that needs no escaping in a URL."""
        return base64.urlsafe_b64encode(orjson.dumps([self.sort, self.order, *self.place])).rstrip(b"=").decode()

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        """Reads a cursor; raises ValueError for one this API did not make."""
        unreadable = "is not a cursor of this API; take it from `next` of a page"
        try:
            sort, order, *place = orjson.loads(
                base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), b"-_", validate=True)
            )
        except (UnicodeEncodeError, binascii.Error, ValueError, TypeError):
            raise ValueError(unreadable) from None
        wanted = 3 if sort == "severity" else 2
        if (
            not isinstance(sort, str)
            or not isinstance(order, str)
            or len(place) != wanted
            or not all(type(number) is int and -_MOST < number < _MOST for number in place)
        ):
            raise ValueError(unreadable)
        return cls(sort, order, tuple(place))
