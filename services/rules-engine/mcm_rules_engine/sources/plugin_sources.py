"""Sources that plug-ins bring: checked when they are loaded, and guarded when they run."""

import re
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any, Final

import orjson

from mcm_rules_engine.plugins import SOURCES, Plugin, plugins
from mcm_rules_engine.sources.source import MAX_NAME, Normalise
from mcm_shared.contracts.events import SourceEvent, event_uid
from mcm_shared.errors import PoisonEventError

_SOURCE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}")
_EVENT_TYPE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}")


@cache
def plugged_sources() -> Mapping[str, Normalise]:
    """Loads the normalisers of plug-ins, by source; raises ConfigurationError for one that is none."""
    sources: dict[str, Normalise] = {}
    for plugin in plugins(SOURCES):
        if not _SOURCE.fullmatch(plugin.name):
            raise plugin.wrong("must be named like its source: letters, digits and . _ : / - only")
        if not callable(plugin.loaded):
            raise plugin.wrong("is no function that takes a payload and a fallback id")
        sources[plugin.name] = _guarded(plugin)
    return sources


def _guarded(plugin: Plugin) -> Normalise:
    def normalise(payload: Any, fallback_id: str) -> SourceEvent:
        try:
            event = plugin.loaded(payload, fallback_id)
        except PoisonEventError:
            raise
        except Exception as error:  # one payload that a plug-in stumbles over must not stop the others
            raise PoisonEventError(f"{plugin.shown} failed: {type(error).__name__}: {error}") from error
        wrong = _what_is_wrong(event, plugin.name)
        if wrong is not None:
            raise PoisonEventError(f"{plugin.shown} made an event {wrong}")
        return event  # type: ignore[no-any-return]

    return normalise


def _what_is_wrong(event: Any, source: str) -> str | None:
    if not isinstance(event, SourceEvent):
        return f"of the type {type(event).__name__}, not SourceEvent"
    if event.source != source:
        return f"of the source {event.source!r}, not {source!r}"
    if not isinstance(event.id, str) or not 0 < len(event.id) <= MAX_NAME or event.uid != event_uid(source, event.id):
        return f"whose uid is not event_uid(source, id), or whose id is no text of at most {MAX_NAME} characters"
    if not isinstance(event.event_type, str) or not _EVENT_TYPE.fullmatch(event.event_type):
        return f"of the type {event.event_type!r}; letters, digits and . _ : / - only"
    if event.user is not None and (not isinstance(event.user, str) or not 0 < len(event.user) <= MAX_NAME):
        return f"whose user is neither None nor a text of at most {MAX_NAME} characters"
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
