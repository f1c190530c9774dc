"""The opaque cursor of ``GET /users``: the place of one user in the order asked for."""

import base64
import binascii
from dataclasses import dataclass
from typing import Final

import orjson

_MAX: Final = 253_402_300_800_000_000
"""The end of the year 9999, in microseconds since 1970: more than anything that users are ordered by."""


@dataclass(frozen=True, slots=True)
class UserCursor:
    """Where a user stands: the order, the value in it, and the name."""

    sort: str
    value: int
    user: str

    def encode(self) -> str:
        """Writes the cursor as text that needs no escaping in a URL."""
        return base64.urlsafe_b64encode(orjson.dumps([self.sort, self.value, self.user])).rstrip(b"=").decode()

    @classmethod
    def decode(cls, text: str) -> "UserCursor":
        """Reads a cursor; raises ValueError for one this API did not make."""
        unreadable = "is not a cursor of this API; take it from `next` of a page"
        try:
            padded = text.encode("ascii") + b"=" * (-len(text) % 4)
            sort, value, user = orjson.loads(base64.b64decode(padded, b"-_", validate=True))
        except (UnicodeEncodeError, binascii.Error, ValueError, TypeError):
            raise ValueError(unreadable) from None
        if not (isinstance(sort, str) and isinstance(user, str) and type(value) is int and -_MAX < value < _MAX):
            raise ValueError(unreadable)
        if "\x00" in user:
            raise ValueError(unreadable)
        return cls(sort, value, user)
