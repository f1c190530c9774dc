"""Registry of sources: discovers the files of this package that export a ``Source``, and those of plug-ins."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import Any, Final

import mcm_rules_engine.sources as package
from mcm_rules_engine.sources import canonical
from mcm_rules_engine.sources.plugin_sources import plugin_sources
from mcm_rules_engine.sources.read import lower_keys
from mcm_rules_engine.sources.source import Source, Transport
from mcm_shared.contracts.events import ASSIGNED_ID, SourceEvent, require_event_time
from mcm_shared.contracts.sources import CANONICAL, ENVELOPE
from mcm_shared.errors import ConfigurationError, PoisonEventError

_NOTHING_MORE: Final = Transport()


def normalise(payload: Any, source: str | None, fallback_id: str, transport: Transport = _NOTHING_MORE) -> SourceEvent:
    """Turns a decoded record into an event.

    ``source`` is its ``source`` header: the native source of the payload; None for a canonical event, or for a native
    payload that only one source recognises by its shape.
    ``fallback_id`` names an event that brings no id. Raises PoisonEventError for what cannot be an event.
    """
    if source is None:
        try:
            event = canonical.normalise(payload, fallback_id)
        except PoisonEventError:
            recognised = _unlabelled(payload)
            if recognised is None:
                raise
            source = recognised.name
        else:
            if event.source in active_sources():
                raise PoisonEventError(f"source {event.source} is that of native payloads of a plug-in")
            return event
    event = _normalise_native(payload, source, fallback_id, transport)
    if event.id.startswith(ASSIGNED_ID) and event.id != fallback_id:
        raise PoisonEventError(f"its id must not begin with {ASSIGNED_ID}: such ids are assigned here")
    try:
        require_event_time(event.timestamp)
    except ValueError as error:
        raise PoisonEventError(f"timestamp {event.timestamp.isoformat()} {error}") from None
    return event


def normalise_plain(payload: Any) -> SourceEvent | None:
    """Turns a canonical event that brings its id, as nearly all do, into an event; None: ``normalise`` decides.

    Naming an event that brings no id, and describing its transport, costs a tenth of decoding it.
    """
    event = canonical.normalise_plain(payload, None)
    return None if event is None or event.source in active_sources() else event


def _normalise_native(payload: Any, source: str, fallback_id: str, transport: Transport) -> SourceEvent:
    found = active_sources().get(source)
    if found is None:
        raise PoisonEventError(
            f"unknown source header {source[:100]!r}; known are {', '.join(active_sources())}; "
            "send canonical events without the header"
        )
    if isinstance(payload, dict):
        if found.route is not None:
            found = active_sources().get(found.route(payload) or source, found)
        if found.envelope is not None and _delivered(payload, found.envelope) is not None:
            raise PoisonEventError(f"this is a whole delivery; send each of its {found.envelope} as an event")
        if found.from_transport is not None:
            payload = found.from_transport(payload, transport)
    return found.normalise(payload, fallback_id)


def recognise(payload: Any) -> Source | None:
    """Returns the one source whose payloads look like this one; None when there is none, or more than one."""
    if not isinstance(payload, dict):
        return None
    matching = [source for source in active_sources().values() if source.recognise(payload)]
    return matching[0] if len(matching) == 1 else None


def payloads_of(record: Any, source: str | None) -> list[Any] | None:
    """Returns the payloads in the envelope of a record's source; None when the record is a payload itself."""
    if source is None or not isinstance(record, dict) or len(record) != 1:
        return None
    found = active_sources().get(source)
    return None if found is None or found.envelope is None else _delivered(record, found.envelope)


def _delivered(record: dict[str, Any], envelope: str) -> list[Any] | None:
    # a payload may have a key of that name; an envelope has nothing else
    ((key, value), *more) = record.items() or [("", None)]
    return value if not more and key.lower() == envelope.lower() and isinstance(value, list) else None


def rule_view(event: SourceEvent) -> Mapping[str, Any]:
    """Returns an event's payload as rules on its source read it, where key case does not count: keys in lower case."""
    payload: dict[str, Any] = lower_keys(event.raw_data)
    source = active_sources().get(event.source)
    return payload if source is None or source.rule_view is None else source.rule_view(payload)


def derived_field(event: SourceEvent, name: str) -> Mapping[str, Any] | None:
    """Computes a derived field of an event; None where its source derives no such field."""
    source = active_sources().get(event.source)
    derive = None if source is None else source.derived.get(name)
    return None if derive is None else derive(event.raw_data)


def derived_names() -> frozenset[str]:
    """Returns the names of the fields that any source derives."""
    return frozenset(name for source in active_sources().values() for name in source.derived)


@cache
def active_sources() -> Mapping[str, Source]:
    """Returns all sources by name; raises ConfigurationError for a plug-in that cannot be used."""
    builtin = builtin_sources()
    plugged = plugin_sources()
    taken = plugged.keys() & (builtin.keys() | {CANONICAL, ENVELOPE})
    if taken:
        raise ConfigurationError(f"a plug-in cannot bring the source {min(taken)!r}: the product has it already")
    log_sources = {source.log_source: source.name for source in builtin.values()}
    for source in plugged.values():
        other = log_sources.setdefault(source.log_source, source.name)
        if other != source.name:
            named = "/".join(source.log_source)
            raise ConfigurationError(f"the sources {other!r} and {source.name!r} have the same log source, {named}")
    return MappingProxyType(dict(sorted({**builtin, **plugged}.items())))


@cache
def builtin_sources() -> Mapping[str, Source]:
    """Returns the sources that the files of this package export, by name."""
    modules = [import_module(f"{package.__name__}.{each.name}") for each in iter_modules(package.__path__)]
    exported = [module.SOURCE for module in modules if isinstance(getattr(module, "SOURCE", None), Source)]
    return {source.name: source for source in exported}


def _unlabelled(payload: Any) -> Source | None:
    # who writes event_type means a canonical event, and wants to know what is wrong with it
    return None if not isinstance(payload, dict) or "event_type" in payload else recognise(payload)
