"""The raw event, as people push it: what is taken, what is refused and in which words, and the id it gets."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcm_shared.contracts.events import (
    EVENT_NAMESPACE,
    MAX_AHEAD,
    content_id,
    event_uid,
    from_raw_event,
    parse_raw_event,
    require_not_ahead,
    to_utc,
)
from mcm_shared.errors import PoisonEventError
from mcm_shared.testing.builders import NOON

GOOD: dict[str, Any] = {
    "id": "evt-1",
    "source": "my-app",
    "event_type": "login_failed",
    "user": "mona@example.com",
    "timestamp": "2026-11-20T12:00:00Z",
    "raw_data": {"ip": "192.0.2.7", "reason": "bad_password"},
}


def refusal(**said: Any) -> str:
    with pytest.raises(PoisonEventError) as refused:
        parse_raw_event({name: value for name, value in {**GOOD, **said}.items() if value is not ...})
    return refused.value.reason


def test_an_event_keeps_what_it_says() -> None:
    event = from_raw_event(parse_raw_event(GOOD), fallback_id="events.raw/0/0")

    assert (event.id, event.source, event.event_type, event.user) == (
        "evt-1",
        "my-app",
        "login_failed",
        "mona@example.com",
    )
    assert event.timestamp == NOON
    assert event.raw_data == event.facts == GOOD["raw_data"]
    assert event.uid == event_uid("my-app", "evt-1")


def test_only_source_type_and_time_are_needed() -> None:
    needed = {name: GOOD[name] for name in ("source", "event_type", "timestamp")}
    event = from_raw_event(parse_raw_event(needed), fallback_id="events.raw/3/14")

    assert (event.id, event.user, event.raw_data) == ("events.raw/3/14", None, {})
    assert event.uid == event_uid("my-app", "events.raw/3/14")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"timestamp": ...}, "timestamp is missing"),
        ({"source": ...}, "source is missing"),
        ({"event_type": ...}, "event_type is missing"),
        ({"timestamp": None}, "timestamp: is not a time in ISO 8601 with a time zone"),
        ({"timestamp": "2026-11-20T12:00:00"}, "has no time zone; write it like 2026-11-20T12:00:00Z"),
        ({"timestamp": "2026-11-20"}, "has no time zone"),
        ({"timestamp": 1_795_176_000}, "timestamp: is not a time in ISO 8601 with a time zone"),
        ({"timestamp": 1.5}, "timestamp: is not a time in ISO 8601 with a time zone"),
        ({"timestamp": True}, "timestamp: is not a time in ISO 8601 with a time zone"),
        ({"timestamp": "1795176000"}, "timestamp: is not a time in ISO 8601 with a time zone"),
        ({"timestamp": " -1795176000 "}, "timestamp: is not a time in ISO 8601 with a time zone"),
        ({"timestamp": "1767614400.5"}, "timestamp: is not a time in ISO 8601 with a time zone"),
        ({"timestamp": "yesterday"}, "timestamp: is not a time in ISO 8601 with a time zone"),
        ({"timestamp": "2026-13-20T12:00:00Z"}, "timestamp: is not a time in ISO 8601 with a time zone"),
        ({"timestamp": "0000-01-01T00:00:00Z"}, "timestamp: "),
        ({"timestamp": "10000-01-01T00:00:00Z"}, "timestamp: is not a time in ISO 8601 with a time zone"),
        ({"timestamp": "0001-01-01T00:00:00+14:00"}, "timestamp: lies outside the years 1 to 9999"),
        ({"timestamp": "9999-12-31T23:00:00-02:00"}, "timestamp: lies outside the years 1 to 9999"),
        ({"timestamp": "0001-01-01T00:00:00Z"}, "timestamp: lies outside the years 1970 to 2999"),
        ({"timestamp": "1969-12-31T23:59:59.999999Z"}, "timestamp: lies outside the years 1970 to 2999"),
        ({"timestamp": "1970-01-01T00:59:59+01:00"}, "timestamp: lies outside the years 1970 to 2999"),
        ({"timestamp": "3000-01-01T00:00:00Z"}, "timestamp: lies outside the years 1970 to 2999"),
        ({"timestamp": "9999-12-31T23:59:59.999999Z"}, "timestamp: lies outside the years 1970 to 2999"),
        ({"user": ["mona@example.com", "tim@example.com"]}, "user: Input should be a valid string"),
        ({"user": 7}, "user: Input should be a valid string"),
        ({"user": ""}, "user: String should have at least 1 character"),
        ({"user": "x" * 513}, "user: String should have at most 512 characters"),
        ({"id": ""}, "id: String should have at least 1 character"),
        ({"id": 7}, "id: Input should be a valid string"),
        ({"id": "x" * 513}, "id: String should have at most 512 characters"),
        ({"source": "my app"}, "source may hold letters, digits and . _ : / - only, and must begin with a letter"),
        ({"source": "-app"}, "source may hold letters"),
        ({"source": "app\n"}, "source may hold letters"),
        ({"source": "x" * 101}, "source may hold letters"),
        ({"event_type": "Löschung"}, "event_type may hold letters"),
        ({"event_type": "x" * 201}, "event_type may hold letters"),
        ({"raw_data": [1]}, "raw_data: Input should be a valid dictionary"),
        ({"raw_data": None}, "raw_data: Input should be a valid dictionary"),
        ({"colour": "red"}, "colour is not a field of an event; put it inside raw_data"),
    ],
)
def test_what_is_wrong_is_said_with_the_field_and_what_to_change(said: dict[str, Any], words: str) -> None:
    assert words in refusal(**said)


def test_everything_wrong_is_said_at_once_up_to_five_things() -> None:
    assert refusal(timestamp=..., user=7) == "user: Input should be a valid string; timestamp is missing"
    assert refusal(**{f"field-{number}": 1 for number in range(50)}).count("; put it inside raw_data") == 5


def test_a_field_with_a_name_of_a_megabyte_is_not_said_whole() -> None:
    assert refusal(**{"x" * 1_000_000: 1}) == f"{'x' * 60}… is not a field of an event; put it inside raw_data"


@pytest.mark.parametrize("data", [[], [GOOD], "text", 7, None, True])
def test_anything_but_an_object_is_no_event(data: object) -> None:
    with pytest.raises(PoisonEventError, match="an event must be a JSON object, not "):
        parse_raw_event(data)


_AFTER_1970 = datetime(1970, 1, 3)  # noqa: DTZ001 (hypothesis adds the zone)
_BEFORE_3000 = datetime(2999, 12, 29)  # noqa: DTZ001


@given(st.datetimes(_AFTER_1970, _BEFORE_3000, timezones=st.timezones()), st.integers(0, 6))
def test_any_time_with_a_zone_is_the_same_instant_in_utc(when: datetime, digits: int) -> None:
    try:
        expected = when.astimezone(UTC)
    except OverflowError:
        return
    assert to_utc(when) == expected
    assert to_utc(when).tzinfo is UTC
    offset = when.utcoffset()
    assert offset is not None
    if not offset.seconds % 60 and not offset.microseconds:
        shortened = when.replace(microsecond=when.microsecond // 10 ** (6 - digits) * 10 ** (6 - digits))
        written = shortened.replace(tzinfo=timezone(offset)).isoformat()
        assert parse_raw_event({**GOOD, "timestamp": written}).timestamp == shortened.replace(tzinfo=timezone(offset))


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-20 12:00Z",
        "2026-11-20T13:00:00+01:00",
        "2026-11-20T13:00:00+01",
        "2026-11-20 12:00:00.0+00",
        "2026-11-20t12:00:00.0000000z",
    ],
)
def test_iso_8601_is_read_in_the_forms_that_systems_write(written: str) -> None:
    assert parse_raw_event({**GOOD, "timestamp": written}).timestamp == NOON


def test_an_event_may_be_a_day_ahead_of_its_record_but_not_more() -> None:
    require_not_ahead(NOON + MAX_AHEAD, NOON)
    with pytest.raises(PoisonEventError, match="lies more than 24 h after the time the event was received"):
        require_not_ahead(NOON + MAX_AHEAD + timedelta(microseconds=1), NOON)


@given(st.text(), st.text())
def test_an_event_uid_is_the_uuid5_of_source_and_id(source: str, event_id: str) -> None:
    try:
        name = f"{source}|{event_id}".encode().decode()
    except UnicodeEncodeError:
        return
    assert event_uid(source, event_id) == uuid5(EVENT_NAMESPACE, name)


def test_the_namespace_of_event_uids_never_changes() -> None:
    assert event_uid("my-app", "evt-1") == UUID("d42f7f7c-6b74-5fc1-8cf0-07e2c5445219")


def test_content_names_an_event_whatever_the_order_of_its_keys() -> None:
    data = {"a": {"b": 1, "c": [1, 2]}, "d": None}
    turned = {"d": None, "a": {"c": [1, 2], "b": 1}}
    one, same, other = (
        parse_raw_event({**GOOD, "id": event_id, "raw_data": raw_data})
        for event_id, raw_data in (("e-1", data), ("e-2", turned), ("e-1", {**data, "a": {"b": 1, "c": [2, 1]}}))
    )
    assert content_id(one) == content_id(same) != content_id(other)
