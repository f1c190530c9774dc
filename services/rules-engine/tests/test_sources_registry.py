"""The registry: one file a source, found by itself, and used by everything that names sources."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcm_rules_engine import sources
from mcm_rules_engine.sources import Transport, active_sources, normalise, recognise
from mcm_rules_engine.sources.registry import builtin_sources
from mcm_rules_engine.testing.any_shape import any_json, spoiled
from mcm_rules_engine.testing.native_payloads import PAYLOADS
from mcm_rules_engine.testing.rulesets import builtin_rules
from mcm_shared.contracts.events import EVENT_TYPES, SourceEvent, event_uid
from mcm_shared.contracts.sources import NATIVE_SOURCES
from mcm_shared.errors import PoisonEventError
from mcm_shared.testing.builders import NOON

CANONICAL = {"source": "my-app", "event_type": "login_failed", "timestamp": "2026-11-20T12:00:00Z"}
DOCS = Path(__file__).resolve().parents[3] / "docs"
RULESET = builtin_rules()


def test_every_source_is_a_file_and_a_name_of_the_contract() -> None:
    files = {path.stem for path in Path(sources.__file__).parent.glob("*.py")}
    assert tuple(builtin_sources()) == NATIVE_SOURCES, "add the source to NATIVE_SOURCES, in order"
    assert {name.replace(".", "_") for name in NATIVE_SOURCES} <= files


def test_the_docs_name_every_source_with_its_payload_and_its_log_source() -> None:
    events, rules = ((DOCS / name).read_text() for name in ("events.md", "writing-rules.md"))
    for source in builtin_sources().values():
        product, service = source.log_source
        assert f"| `{source.name}` | {source.payload} |" in events
        assert re.search(rf"^\| `product: {product}`, `service: {service}` \| `{source.name}` \|", rules, re.MULTILINE)


def test_without_a_header_an_event_is_canonical_and_its_facts_are_its_raw_data() -> None:
    event = normalise(
        {**CANONICAL, "id": "evt-1", "user": "mona@example.com", "raw_data": {"ip": "192.0.2.7"}}, None, "x"
    )
    assert (event.id, event.source, event.user) == ("evt-1", "my-app", "mona@example.com")
    assert event.attributes is None
    assert event.facts == {"ip": "192.0.2.7"}


def test_an_event_without_an_id_gets_the_place_it_came_from() -> None:
    event = normalise(CANONICAL, None, "events.raw/3/42")
    assert event.id == "events.raw/3/42"
    assert event.uid == event_uid("my-app", "events.raw/3/42")


def test_an_unknown_header_is_refused_with_what_to_do() -> None:
    with pytest.raises(PoisonEventError) as caught:
        normalise(CANONICAL, "slack", "x")
    assert caught.value.reason == (
        f"unknown source header 'slack'; known are {', '.join(active_sources())}; "
        "send canonical events without the header"
    )


@pytest.mark.parametrize("payload", [None, 5, "text", [CANONICAL], {}, {**CANONICAL, "user": ["a"]}])
def test_what_is_no_canonical_event_is_refused(payload: object) -> None:
    with pytest.raises(PoisonEventError):
        normalise(payload, None, "x")


@pytest.mark.parametrize(("source", "payload"), [(name, each) for name, some in PAYLOADS.items() for each in some])
def test_a_payload_sent_without_its_header_is_recognised(source: str, payload: dict[str, Any]) -> None:
    found = recognise(payload)
    assert found is not None
    assert found.name == source
    assert normalise(payload, None, "x", Transport(None, NOON)) == normalise(
        payload, source, "x", Transport(None, NOON)
    )


def test_a_canonical_event_is_recognised_as_no_source() -> None:
    assert recognise({**CANONICAL, "id": "evt-1", "user": "mona", "raw_data": {}}) is None
    with pytest.raises(PoisonEventError, match="colour is not a field of an event"):
        normalise({**CANONICAL, "colour": "red"}, None, "x")
    with pytest.raises(PoisonEventError, match="timestamp is missing"):
        # as an entry of Okta's System Log it would be complete
        normalise({"event_type": "a", "source": "b", "eventType": "c", "published": "d", "outcome": {}}, None, "x")


@settings(deadline=None)
@given(st.sampled_from(NATIVE_SOURCES).flatmap(lambda name: st.tuples(st.just(name), spoiled(PAYLOADS[name]))))
def test_a_payload_of_any_shape_becomes_an_event_or_is_refused(drawn: tuple[str, dict[str, Any]]) -> None:
    becomes_an_event_or_is_refused(*drawn)


@settings(deadline=None)
@given(st.sampled_from(NATIVE_SOURCES), any_json)
def test_any_json_becomes_an_event_or_is_refused(source: str, payload: Any) -> None:
    becomes_an_event_or_is_refused(source, payload)


def becomes_an_event_or_is_refused(source: str, payload: Any) -> None:
    """Requires that a payload becomes a whole event that rules can meet, or is refused with a reason."""
    try:
        event = normalise(payload, source, "events.raw/0/7", Transport("pull_request", NOON))
    except PoisonEventError:
        return
    recognise(payload)
    assert isinstance(event, SourceEvent)
    assert event.uid == event_uid(event.source, event.id)
    assert event.event_type in EVENT_TYPES or event.event_type.startswith(f"{event.source}.")
    assert event.user is None or (isinstance(event.user, str) and 0 < len(event.user) <= 512)
    assert event.timestamp.utcoffset() is not None
    assert normalise(payload, source, "events.raw/0/7", Transport("pull_request", NOON)) == event
    RULESET.match(event)
