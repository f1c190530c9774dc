"""The opaque position in the stream: where each partition of its topics has come to."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from mcm_shared.kafka.tail import Offsets, Place

_TOPIC: Final = r"[0-9]{1,18}(?:\.[0-9]{1,18}){0,999}"
_POSITION: Final = re.compile(rf"{_TOPIC}(?:~{_TOPIC})*", re.ASCII)

MAX_POSITION: Final = 20_000
"""The most characters a position may have."""


def encode_position(topics: Sequence[str], offsets: Mapping[Place, int]) -> str:
    """Writes a position as text that needs no escaping in a URL: offsets by partition, topic after topic."""
    written = []
    for topic in topics:
        numbers = [place[1] for place in offsets if place[0] == topic]
        written.append(".".join(str(offsets[topic, number]) for number in range(len(numbers))))
    return "~".join(written)


def decode_position(topics: Sequence[str], text: str) -> Offsets:
    """Reads a position; raises ValueError for one that this API did not make."""
    written = text.split("~") if _POSITION.fullmatch(text) else []
    # a position from before a topic was added does not name it
    if not 2 <= len(written) <= len(topics):
        raise ValueError("is not a position of this API; take it from a page of findings or from a frame's id")
    return {
        (topic, number): int(offset)
        for topic, offsets in zip(topics, written, strict=False)
        for number, offset in enumerate(offsets.split("."))
    }
