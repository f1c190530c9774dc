"""Reused event ids: two contents under one id are both kept, as events of the engine that rules can match.

The first content of an id counts for every other rule, so a forged event could keep a real one out. Each content of an
id that has several becomes an event of its own: which ones they are depends on the set of events alone, not on which
content came first.
"""

import hashlib
from typing import Any

import orjson

from mcm_rules_engine.store.events import content_of
from mcm_shared.contracts.events import ASSIGNED_ID, ENGINE_SOURCE, ID_REUSED, SourceEvent, event_uid


def reused_id_events(*contents: SourceEvent) -> list[SourceEvent]:
    """Returns an event for each of several contents of one id; it holds the content as evidence."""
    return [_evidence(event) for event in contents]


def _evidence(event: SourceEvent) -> SourceEvent:
    content = orjson.dumps([_comparable(part) for part in content_of(event)], option=orjson.OPT_SORT_KEYS)
    event_id = f"{ASSIGNED_ID}reused/{event.uid}/{hashlib.sha256(content).hexdigest()}"
    return SourceEvent(
        uid=event_uid(ENGINE_SOURCE, event_id),
        id=event_id,
        source=ENGINE_SOURCE,
        event_type=ID_REUSED,
        user=event.user,
        timestamp=event.timestamp,
        raw_data={
            "reused_source": event.source,
            "reused_id": event.id,
            "reused_type": event.event_type,
            "content": event.raw_data,
        },
    )


def _comparable(value: Any) -> Any:
    # contents are compared as Python compares them: 1, 1.0 and true are equal, so they must be one content here too
    if isinstance(value, dict):
        return {key: _comparable(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_comparable(each) for each in value]
    if isinstance(value, bool) or (isinstance(value, float) and value.is_integer()):
        return int(value)
    return value
