"""Fields of an event by dotted path, and the text of their values."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Literal

import orjson

from mcm_rules_engine.sources import derived_field, derived_names, rule_view
from mcm_shared.contracts.events import SourceEvent

Space = Literal["activity", "native", "native_any_case"]
"""Where a rule's fields live: the normalised event, the native payload, or its view with keys in lower case."""

Getter = Callable[["EventView"], tuple[Any, ...]]
"""Reads the values of one field: () when it is missing; an array gives each of its elements."""

RESERVED: Final = ("event_type", "user", "source", "id", "timestamp")
"""Names that always mean the normalised event itself; a fact of the same name is hidden by them."""


class EventView:
    """One event under evaluation, with a cache of the fields that were read."""

    __slots__ = ("_any_case", "cache", "event", "facts")

    def __init__(self, event: SourceEvent) -> None:
        self.event = event
        self.facts = event.facts
        self.cache: dict[str, tuple[Any, ...]] = {}
        self._any_case: Mapping[str, Any] | None = None

    def root(self, space: Space) -> Mapping[str, Any]:
        """Returns the object that the fields of a space are read from."""
        if space == "activity":
            return self.facts
        if space == "native":
            return self.event.raw_data
        if self._any_case is None:
            self._any_case = rule_view(self.event)
        return self._any_case

    def leaves(self, space: Space) -> tuple[Any, ...]:
        """Returns every scalar value of the event, for keyword searches."""
        key = f"*{space}"
        found = self.cache.get(key)
        if found is None:
            found = tuple(_leaves(self.root(space)))
            if space == "activity":
                found += tuple(value for name in RESERVED for value in _RESERVED_GETTERS[name](self))
            self.cache[key] = found
        return found


def field_getter(space: Space, path: str) -> Getter:
    """Compiles the reading of a field.

    A dotted path goes into objects and through arrays of objects; a key that holds dots itself is found too. In the
    activity space the names of RESERVED mean the event; everything else is a fact.
    """
    if space == "activity" and path in _RESERVED_GETTERS:
        return _RESERVED_GETTERS[path]
    if is_derived(space, path):
        return _derived_getter(space, path)
    return _payload_getter(space, path)


def _payload_getter(space: Space, path: str) -> Getter:
    if space == "native_any_case":
        path = path.lower()
    elif "." not in path:
        return _top_level_fact(path) if space == "activity" else _top_level_native(path)
    joined = _joined_keys(path)
    key = f"{space}:{path}"

    def get(view: EventView) -> tuple[Any, ...]:
        found = view.cache.get(key)
        if found is None:
            found = view.cache[key] = tuple(_walk(view.root(space), joined, 0))
        return found

    return get


def is_derived(space: Space, path: str) -> bool:
    """Returns whether a field of a native payload is one that a source derives from it."""
    return space != "activity" and path.partition(".")[0] in derived_names()


def _derived_getter(space: Space, path: str) -> Getter:
    name, _, below = path.partition(".")
    below = below.lower() if space == "native_any_case" else below
    own = _payload_getter(space, path)
    joined = _joined_keys(below) if below else []
    key, whole = f"derived:{path}", f"derived:{name}"

    def get(view: EventView) -> tuple[Any, ...]:
        found = view.cache.get(key)
        if found is None:
            value = view.cache.get(whole)
            if value is None:
                derived = derived_field(view.event, name)
                value = view.cache[whole] = () if derived is None else (derived,)
            found = view.cache[key] = tuple(_walk(value[0], joined, 0)) if value else own(view)
        return found

    return get


def presence_test(space: Space, path: str) -> Callable[[EventView], bool]:
    """Compiles the test whether a field is present, even if its value is null or empty."""
    if space == "activity" and path in _RESERVED_GETTERS:
        getter = _RESERVED_GETTERS[path]
        return lambda view: bool(getter(view))
    if is_derived(space, path):
        derived = field_getter(space, path)
        return lambda view: bool(derived(view))
    joined = _joined_keys(path.lower() if space == "native_any_case" else path)

    def is_present(view: EventView) -> bool:
        return _present(view.root(space), joined, 0)

    return is_present


def text_of(value: Any) -> str | None:
    """Returns the text that string patterns see of a value; None for null, compact JSON for an object.

    Quotes inside an object's texts stand without backslashes: published rules look for ``"Effect":"Allow"`` in an
    object that holds a policy as text.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    return _compact_json(value, sort_keys=False).replace('\\"', '"')


def canonical_json(value: Any) -> str:
    """Writes JSON one way only: keys sorted, no spaces."""
    return _compact_json(value, sort_keys=True)


def _compact_json(value: Any, *, sort_keys: bool) -> str:
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS if sort_keys else None).decode()
    except orjson.JSONEncodeError:
        # what orjson refuses (integers over 64 bits, keys that are not text) may stand in a rule file
        return json.dumps(_with_text_keys(value), sort_keys=sort_keys, separators=(",", ":"), default=str)


def _with_text_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _with_text_keys(below) for key, below in value.items()}
    return [_with_text_keys(below) for below in value] if isinstance(value, list | tuple) else value


def _top_level_fact(name: str) -> Getter:
    def get(view: EventView) -> tuple[Any, ...]:
        value = view.facts.get(name, _MISSING)
        if value is _MISSING:
            return ()
        return tuple(_flat(value)) if type(value) is list else (value,)

    return get


def _top_level_native(name: str) -> Getter:
    def get(view: EventView) -> tuple[Any, ...]:
        value = view.event.raw_data.get(name, _MISSING)
        if value is _MISSING:
            return ()
        return tuple(_flat(value)) if type(value) is list else (value,)

    return get


def _joined_keys(path: str) -> list[list[tuple[str, int]]]:
    # for each part: the keys that may begin there (the part alone, joined with the next ones, …) and where each ends
    parts = path.split(".")
    count = len(parts)
    return [[(".".join(parts[start:end]), end) for end in range(start + 1, count + 1)] for start in range(count)]


def _walk(node: Any, joined: list[list[tuple[str, int]]], start: int) -> Iterator[Any]:
    if isinstance(node, list):
        for element in node:
            yield from _walk(element, joined, start)
    elif start == len(joined):
        yield node
    elif isinstance(node, dict):
        for key, end in joined[start]:
            if key in node:
                yield from _walk(node[key], joined, end)


def _present(node: Any, joined: list[list[tuple[str, int]]], start: int) -> bool:
    if start == len(joined):
        return True
    if isinstance(node, list):
        return any(_present(element, joined, start) for element in node)
    return isinstance(node, dict) and any(
        key in node and _present(node[key], joined, end) for key, end in joined[start]
    )


def _flat(value: list[Any]) -> Iterator[Any]:
    for element in value:
        if isinstance(element, list):
            yield from _flat(element)
        else:
            yield element


def _leaves(node: Any) -> Iterator[Any]:
    if isinstance(node, dict):
        for value in node.values():
            yield from _leaves(value)
    elif isinstance(node, list):
        for value in node:
            yield from _leaves(value)
    elif node is not None:
        yield node


def _user(view: EventView) -> tuple[Any, ...]:
    user = view.event.user
    return () if user is None else (user,)


def _timestamp(view: EventView) -> tuple[Any, ...]:
    return (view.event.timestamp.isoformat().replace("+00:00", "Z"),)


_MISSING: Final = object()
_RESERVED_GETTERS: Final[dict[str, Getter]] = {
    "event_type": lambda view: (view.event.event_type,),
    "user": _user,
    "source": lambda view: (view.event.source,),
    "id": lambda view: (view.event.id,),
    "timestamp": _timestamp,
}
