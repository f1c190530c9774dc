"""The group of a detection: the values its rule groups by, and their key."""

import hashlib
from collections.abc import Callable, Iterable
from typing import Any, Final

from mcm_rules_engine.sigma.compile.fields import RESERVED, EventView, Getter, Space, canonical_json, field_getter

MAX_VALUE: Final = 300
"""Bytes of a group value in UTF-8; a longer one is shortened and told apart by its hash."""

MAX_KEY: Final = 1000
"""Bytes of a group key in UTF-8: a row of a database's index must hold it, a value beside it and some more."""

MAX_FIELDS: Final = 10
MAX_FIELD_NAMES: Final = 400
"""Bytes that the names of a group's fields may have together."""

GroupReader = Callable[[EventView], dict[str, Any]]


def group_reader(space: Space, fields: tuple[str, ...]) -> GroupReader:
    """Compiles the reading of a group: field to its value, None where it is missing.

    The names of RESERVED mean the normalised event in every space; an object or several values become JSON text.
    """
    getters = [(field, any_getter(space, field)) for field in fields]
    return lambda view: {field: _value(get(view)) for field, get in getters}


def any_getter(space: Space, field: str) -> Getter:
    """Compiles the reading of a field wherever a person would look: the event, the payload, the normalised facts."""
    fact = field_getter("activity", field)
    if space == "activity" or field in RESERVED:
        return fact
    native = field_getter(space, field)
    return lambda view: native(view) or fact(view)


def group_key(group: dict[str, Any]) -> str:
    """Writes a group as canonical JSON: the text that tells one group from another, of at most MAX_KEY bytes.

    Of a group that is longer, the longest values are there as their hashes alone.
    """
    key = canonical_json(group)
    if len(key) * 4 <= MAX_KEY or len(_bytes(key)) <= MAX_KEY:
        return key
    group = dict(group)
    for field in sorted(group, key=lambda name: (-len(_bytes(canonical_json(group[name]))), name)):
        group[field] = f"sha256:{_digest(canonical_json(group[field]))[:32]}"
        key = canonical_json(group)
        if len(_bytes(key)) <= MAX_KEY:
            break
    return key


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


def _value(values: tuple[Any, ...]) -> Any:
    if not values:
        return None
    value = values[0] if len(values) == 1 else list(values)
    if isinstance(value, dict | list):
        value = canonical_json(value)
    if isinstance(value, str) and len(value) * 4 > MAX_VALUE and len(_bytes(value)) > MAX_VALUE:
        return f"{_bytes(value)[: MAX_VALUE // 2].decode(errors='ignore')}…sha256:{_digest(value)}"
    return value


def _digest(text: str) -> str:
    return hashlib.sha256(_bytes(text)).hexdigest()


def _bytes(text: str) -> bytes:
    return text.encode(errors="replace")
