"""Sources that plug-ins bring: checked when they are loaded, and guarded when they run."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any, Final, cast

import orjson

from mcm_rules_engine.plugins import SOURCES, Plugin, plugins
from mcm_rules_engine.sources.source import Normalise, Payload, Source
from mcm_shared.contracts.events import EVENT_TYPE_PATTERN, MAX_TEXT, SOURCE_PATTERN, SourceEvent, event_uid
from mcm_shared.errors import PoisonEventError

_is_source: Final = re.compile(SOURCE_PATTERN).fullmatch
_is_event_type: Final = re.compile(EVENT_TYPE_PATTERN).fullmatch


@cache
def plugin_sources() -> Mapping[str, Source]:
    """Loads the sources of plug-ins, by name; raises ConfigurationError for one that cannot be used."""
    return {plugin.name: _source(plugin) for plugin in plugins(SOURCES)}


def _source(plugin: Plugin) -> Source:
    if _is_source(plugin.name) is None:
        raise plugin.wrong("must be named like its source: letters, digits and . _ : / - only")
    loaded = plugin.loaded
    if isinstance(loaded, Source):
        if loaded.name != plugin.name:
            raise plugin.wrong(f"is the source {loaded.name!r}; the entry point must have its name")
        return replace(loaded, normalise=_guarded(plugin, loaded.normalise))
    if not callable(loaded):
        raise plugin.wrong("is neither a Source nor a function that takes a payload and a fallback id")
    product, _, service = plugin.name.rpartition(".")
    return Source(
        name=plugin.name,
        log_source=(product.lower(), service.lower()),
        payload=f"a payload of {plugin.name}",
        normalise=_guarded(plugin, loaded),
        recognise=_never,
    )


def _never(_payload: Payload) -> bool:
    return False


def _guarded(plugin: Plugin, function: Normalise) -> Normalise:
    def normalise(payload: Any, fallback_id: str) -> SourceEvent:
        try:
            event: Any = function(payload, fallback_id)
        except PoisonEventError:
            raise
        except Exception as error:  # one payload that a plug-in stumbles over must not stop the others
            raise PoisonEventError(f"{plugin.shown} failed: {type(error).__name__}: {error}") from error
        wrong = _what_is_wrong(event, plugin.name)
        if wrong is not None:
            raise PoisonEventError(f"{plugin.shown} made an event {wrong}")
        return cast("SourceEvent", event)

    return normalise


def _what_is_wrong(event: Any, source: str) -> str | None:
    if not isinstance(event, SourceEvent):
        return f"of the type {type(event).__name__}, not SourceEvent"
    if event.source != source:
        return f"of the source {event.source!r}, not {source!r}"
    if not isinstance(event.id, str) or not 0 < len(event.id) <= MAX_TEXT or event.uid != event_uid(source, event.id):
        return f"whose uid is not event_uid(source, id), or whose id is no text of at most {MAX_TEXT} characters"
    if not isinstance(event.event_type, str) or _is_event_type(event.event_type) is None:
        return f"of the type {event.event_type!r}; letters, digits and . _ : / - only"
    if event.user is not None and (not isinstance(event.user, str) or not 0 < len(event.user) <= MAX_TEXT):
        return f"whose user is neither None nor a text of at most {MAX_TEXT} characters"
    if getattr(event.timestamp, "tzinfo", None) is None or event.timestamp.utcoffset() != timedelta(0):
        return "whose timestamp is not in UTC"
    return _why_not_json(event)


def _why_not_json(event: SourceEvent) -> str | None:
    if not isinstance(event.raw_data, dict) or not isinstance(event.attributes, dict | None):
        return "whose raw_data or attributes is no dict"
    try:
        text = orjson.dumps([event.raw_data, event.attributes])
    except (orjson.JSONEncodeError, RecursionError) as error:
        return f"whose raw_data or attributes is not JSON: {error}"
    return "with a NUL character" if b"\\u0000" in text else None
