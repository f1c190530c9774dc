"""The opaque cursor of ``GET /dead-letters``: by partition, the offset before which to go on."""

import re
from collections.abc import Mapping
from typing import Final

_CURSOR: Final = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,18}){0,999}", re.ASCII)


def encode_cursor(offsets: Mapping[int, int]) -> str:
    """Writes a cursor as text that needs no escaping in a URL."""
    return ".".join(str(offsets[number]) for number in range(len(offsets)))


def decode_cursor(text: str) -> dict[int, int]:
    """Reads a cursor; raises ValueError for one this API did not make."""
    if not _CURSOR.fullmatch(text):
        raise ValueError("is not a cursor of this API; take it from `next` of a page")
    return {number: int(offset) for number, offset in enumerate(text.split("."))}
