"""Facts of events: the keys and values of a payload, as searches name and compare them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

MAX_FACT: Final = 1000
"""Characters of a searched fact."""

_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,39})(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,2})?", re.ASCII)
_QUOTED: Final = re.compile(r'"([^"]+)"\s*:(.*)', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Fact:
    """A key and a value in the form in which they are compared."""

    key: str
    value: str

    @property
    def is_number(self) -> bool:
        """Returns whether the value is compared as a number."""
        return _NUMBER.fullmatch(self.value) is not None

    def holds(self, payloads: Sequence[Any]) -> bool:
        """Returns whether one of the payloads has the fact."""
        return any(_holds(payload, self.key, self.value) for payload in payloads)


def parse_fact(text: str) -> Fact:
    """Reads ``key:value``; a key that contains a colon is written in double quotes. Raises ValueError.

    Nested keys are joined by dots, and arrays do not count as a level. Letter case and outer spaces do not matter.
    """
    quoted = _QUOTED.fullmatch(text.strip())
    key, colon, value = (quoted[1], ":", quoted[2]) if quoted else text.partition(":")
    if not colon or not key.strip():
        raise ValueError("must be a fact like environment:production")
    if "\x00" in text:
        raise ValueError("must not contain a NUL character")
    return Fact(key.strip().casefold(), canonical_value(value))


def facts_of(payload: Any, path: str | None = None) -> Iterator[Fact]:
    """Yields every fact of a payload; one that appears several times in it is yielded several times."""
    if isinstance(payload, dict):
        for key, value in payload.items():
            name = key.casefold()
            yield from facts_of(value, name if path is None else f"{path}.{name}")
    elif isinstance(payload, list):
        for value in payload:
            yield from facts_of(value, path)
    elif path is not None:
        yield Fact(path, canonical_value(payload))


def canonical_value(value: Any) -> str:
    """Writes a value in the form in which it is compared: numbers by value, also in text; other text without case."""
    if isinstance(value, str):
        text = value.strip()
        if not _NUMBER.fullmatch(text):
            return text.casefold()
        value = int(text) if text.lstrip("-").isdigit() else float(text)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


def _holds(payload: Any, key: str, value: str) -> bool:
    if isinstance(payload, dict):
        return any(_entry_holds(name.casefold(), entry, key, value) for name, entry in payload.items())
    if isinstance(payload, list):
        return any(_holds(entry, key, value) for entry in payload)
    return False


def _entry_holds(name: str, entry: Any, key: str, value: str) -> bool:
    if key.startswith(f"{name}."):
        # an array of an array is no level either
        return _holds(entry, key[len(name) + 1 :], value)
    return name == key and _is_value(entry, value)


def _is_value(entry: Any, value: str) -> bool:
    if isinstance(entry, list):
        return any(_is_value(each, value) for each in entry)
    return not isinstance(entry, dict) and canonical_value(entry) == value
