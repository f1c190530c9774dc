"""Group keys: the values that a detection is grouped by, in canonical form."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from math import prod
from typing import Any, Final, NamedTuple

from mcm_rules_engine.sigma.compile.addresses import addresses
from mcm_rules_engine.sigma.compile.fields import (
    RESERVED,
    EventView,
    Getter,
    Space,
    canonical_json,
    field_getter,
    text_of,
)
from mcm_rules_engine.sigma.compile.numbers import as_number

MAX_VALUE: Final = 300
"""Bytes of a group value in UTF-8; a longer one is shortened and distinguished by its hash."""

MAX_KEY: Final = 1000
"""Bytes of a group key in UTF-8: a row of a database's index must hold it, a value beside it and some more."""

MAX_FIELDS: Final = 10
MAX_FIELD_NAMES: Final = 400
"""Bytes that the names of a group's fields may have together."""

MAX_GROUPS: Final = 100
"""Groups that one event enters at most; beyond that its arrays are taken whole."""

CASED: Final = "cased"
"""Modifier of a field whose values are distinguished by their exact spelling."""


class GroupField(NamedTuple):
    """A field to group by: its name in the group, its path in the event, and whether its spelling counts."""

    name: str
    path: str
    cased: bool = False


class Group(NamedTuple):
    """One group of an event: the values as they are spelled, and in the form that groups are compared by."""

    values: dict[str, Any]
    canonical: dict[str, str | None]

    @property
    def key(self) -> str:
        """The group key."""
        return group_key(self.canonical)


class Spelling(NamedTuple):
    """A value as it is spelled, and in canonical form."""

    value: Any
    canonical: str | None


GroupReader = Callable[[EventView], list[Group]]
SpellingsReader = Callable[[EventView], list[Spelling]]

_MISSING: Final = Spelling(None, None)


def group_reader(space: Space, fields: Sequence[GroupField]) -> GroupReader:
    """Compiles the reading of an event's groups; a field is None where it is missing.

    An array stands for each of its elements, so several groups come of it. The names of RESERVED mean the normalised
    event in every space; an object becomes JSON text.
    """
    names = [field.name for field in fields]
    readers = [spellings_reader(space, field.path, cased=field.cased) for field in fields]

    def read(view: EventView) -> list[Group]:
        spellings = [reader(view) or [_MISSING] for reader in readers]
        if prod(map(len, spellings)) > MAX_GROUPS:
            spellings = [[_whole(one)] for one in spellings]
        return [
            Group(
                {name: spelling.value for name, spelling in zip(names, chosen, strict=True)},
                {name: spelling.canonical for name, spelling in zip(names, chosen, strict=True)},
            )
            for chosen in product(*spellings)
        ]

    return read


def spellings_reader(space: Space, path: str, *, cased: bool = False) -> SpellingsReader:
    """Compiles the reading of a field's distinct values, each by its first spelling; [] where it is missing."""
    get = any_getter(space, path)

    def read(view: EventView) -> list[Spelling]:
        found: dict[str, Spelling] = {}
        for value in get(view):
            if value is not None:
                canonical = canonical_value(value, cased=cased)
                found.setdefault(canonical, Spelling(_displayed(value), canonical))
        return list(found.values())

    return read


def canonical_value(value: Any, *, cased: bool = False) -> str:
    """Returns the form in which values are compared, as detections compare them.

    Case is folded; numbers and numeric texts, and addresses, are compared by value. ``cased`` leaves a text as it is.
    """
    text = canonical_json(value) if isinstance(value, dict | list) else text_of(value) or ""
    if not cased:
        number = as_number(value)
        if number is not None:
            text = text_of(number) or ""
        else:
            address = addresses(text)[:1] if ":" in text else ()
            text = str(address[0]) if address else text.casefold()
    return _shortened(text)


def any_getter(space: Space, field: str) -> Getter:
    """Compiles the reading of a field: from the event, the native payload, or else the normalised facts."""
    fact = field_getter("activity", field)
    if space == "activity" or field in RESERVED:
        return fact
    native = field_getter(space, field)
    return lambda view: native(view) or fact(view)


def group_key(group: Mapping[str, str | None]) -> str:
    """Writes a group of canonical values as JSON: the text that tells groups apart, of at most MAX_KEY bytes.

    Of a group that is longer, the longest values are there as their hashes alone.
    """
    key = canonical_json(dict(group))
    if len(key) * 4 <= MAX_KEY or len(_bytes(key)) <= MAX_KEY:
        return key
    group = dict(group)
    for field in sorted(group, key=lambda name: (-len(_bytes(canonical_json(group[name]))), name)):
        group[field] = f"sha256:{_digest(canonical_json(group[field]))[:32]}"
        key = canonical_json(group)
        if len(_bytes(key)) <= MAX_KEY:
            break
    return key


def joined_values(canonical: Sequence[str | None]) -> str:
    """Writes canonical values that are counted together as one text; one alone is itself."""
    return canonical[0] or "" if len(canonical) == 1 else _shortened(canonical_json(list(canonical)))


def too_many_fields(fields: tuple[str, ...]) -> str | None:
    """Says why a group of these fields could outgrow a key; None when it cannot."""
    if len(fields) > MAX_FIELDS:
        return f"names {len(fields)} fields; the limit is {MAX_FIELDS}"
    length = sum(len(_bytes(field)) for field in fields)
    if length > MAX_FIELD_NAMES:
        return f"the names of the fields have {length} bytes together; the limit is {MAX_FIELD_NAMES}"
    return None


def object_among(fields: Iterable[str], read: Iterable[str]) -> str | None:
    """Finds a field to group by into which a detection reads further: an object, of which no two need be the same."""
    return next((field for field in fields for path in sorted(read) if path.startswith(f"{field}.")), None)


def _whole(spellings: list[Spelling]) -> Spelling:
    if len(spellings) == 1:
        return spellings[0]
    return Spelling(
        _displayed([spelling.value for spelling in spellings]),
        _shortened(canonical_json([spelling.canonical for spelling in spellings])),
    )


def _displayed(value: Any) -> Any:
    if isinstance(value, dict | list):
        value = canonical_json(value)
    return _shortened(value) if isinstance(value, str) else value


def _shortened(text: str) -> str:
    if len(text) * 4 > MAX_VALUE and len(_bytes(text)) > MAX_VALUE:
        return f"{_bytes(text)[: MAX_VALUE // 2].decode(errors='ignore')}…sha256:{_digest(text)}"
    return text


def _digest(text: str) -> str:
    return hashlib.sha256(_bytes(text)).hexdigest()


def _bytes(text: str) -> bytes:
    return text.encode(errors="replace")
