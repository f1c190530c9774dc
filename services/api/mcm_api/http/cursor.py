"""Keyset pagination cursor: the position of the last item of a page, as opaque text for the next request."""

import base64
import binascii
from dataclasses import astuple, dataclass, fields
from typing import Final, Self

import orjson
from pydantic import AfterValidator

_MAX: Final = 2**62
_UNKNOWN: Final = "is not a cursor of this API; take it from the page before"


@dataclass(frozen=True, slots=True)
class Cursor:
    """Base of the cursors: each list declares the values that order it, as texts, integers or lists of integers."""

    def encode(self) -> str:
        """Encodes the cursor as text that needs no escaping in a URL."""
        return base64.urlsafe_b64encode(orjson.dumps(astuple(self))).rstrip(b"=").decode()

    @classmethod
    def decode(cls, text: str) -> Self:
        """Decodes a cursor; raises ValueError for one this API did not make."""
        try:
            padded = text.encode("ascii") + b"=" * (-len(text) % 4)
            values = orjson.loads(base64.b64decode(padded, b"-_", validate=True))
        except (UnicodeEncodeError, binascii.Error, ValueError):
            raise ValueError(_UNKNOWN) from None
        declared = fields(cls)
        if not isinstance(values, list) or len(values) != len(declared):
            raise ValueError(_UNKNOWN)
        if not all(_is_of(value, field.type) for value, field in zip(values, declared, strict=True)):
            raise ValueError(_UNKNOWN)
        return cls(*values)


def valid_cursor(kind: type[Cursor]) -> AfterValidator:
    """Makes the validator of a ``before`` parameter."""

    def check(text: str | None) -> str | None:
        if text is not None:
            kind.decode(text)
        return text

    return AfterValidator(check)


def _is_of(value: object, declared: object) -> bool:
    if declared is int:
        return type(value) is int and -_MAX < value < _MAX
    if declared is str:
        return isinstance(value, str) and "\x00" not in value
    return isinstance(value, list) and all(type(each) is int and 0 <= each < _MAX for each in value)
