"""Canonical events on the short way: exactly what the model makes of them, or left to the model."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mcm_rules_engine.sources import canonical
from mcm_shared.contracts.events import SourceEvent, from_raw_event, parse_raw_event
from mcm_shared.errors import PoisonEventError

GOOD: dict[str, Any] = {
    "id": "evt-1",
    "source": "my-app",
    "event_type": "login_failed",
    "user": "mona@example.com",
    "timestamp": "2026-11-20T12:00:00.5Z",
    "raw_data": {"ip": "192.0.2.7"},
}
FALLBACK = "events.raw/3/42"

_texts = st.one_of(
    st.sampled_from(
        ("a", "a" * 100, "a" * 101, "a" * 200, "a" * 201, "a" * 512, "a" * 513, "", "a\n", "ä", "-a", "a b")
    ),
    st.text(max_size=4),
)
_digits = st.integers(0, 99).map("{:02}".format)
_times = st.one_of(
    st.builds(
        "{}-{}-{}T{}:{}:{}{}{}".format,
        st.sampled_from(("0000", "0001", "2026", "9999", "26", "٢٠٢٦")),
        *[_digits] * 5,
        st.sampled_from(("", ".1", ".123456", ".1234567", ".", ",5")),
        st.sampled_from(("Z", "z", "+00:00", "-23:59", "", "+24:00")),
    ),
    st.datetimes(timezones=st.just(None)).map(lambda time: f"{time.isoformat()}Z"),
    st.sampled_from(("2026-11-20 12:00:00Z", "2026-W47-5T12:00:00Z", "20261120T120000Z", "1795176000")),
)
_others = st.one_of(st.none(), st.integers(), st.booleans(), st.lists(st.text(max_size=2), max_size=2))
_payloads = st.fixed_dictionaries(
    {},
    optional={
        "id": _texts | _others,
        "source": _texts | _others,
        "event_type": _texts | _others,
        "user": _texts | _others,
        "timestamp": _times | _others,
        "raw_data": st.dictionaries(st.text(max_size=2), _others, max_size=2) | _others,
        "another": _others,
    },
)


def by_the_model(payload: Any) -> SourceEvent | None:
    try:
        return from_raw_event(parse_raw_event(payload), FALLBACK)
    except PoisonEventError:
        return None


@settings(max_examples=400)
@given(said=_payloads, left_out=st.sets(st.sampled_from(sorted(GOOD)), max_size=2))
@example(said={"timestamp": "2026-11-20T24:00:00Z"}, left_out=set())
@example(said={"source": "my-app\n"}, left_out=set())
def test_the_short_way_makes_the_event_that_the_model_makes_or_none(said: dict[str, Any], left_out: set[str]) -> None:
    payload = {name: value for name, value in {**GOOD, **said}.items() if name not in left_out}
    made = canonical.normalise_plain(payload, FALLBACK)
    assert made is None or made == by_the_model(payload)


@pytest.mark.parametrize("said", [{}, {"id": None}, {"user": None}, {"timestamp": "2026-11-20T12:00:00Z"}])
def test_nearly_every_event_goes_the_short_way(said: dict[str, Any]) -> None:
    payload = GOOD | said
    assert canonical.normalise_plain(payload, FALLBACK) == by_the_model(payload)


def test_an_event_without_an_id_is_named_by_its_place() -> None:
    assert canonical.normalise_plain({**GOOD, "id": None}, None) is None


def test_what_the_short_way_leaves_is_taken_or_refused_by_the_model() -> None:
    assert canonical.normalise({**GOOD, "timestamp": "2026-11-20T13:00:00.5+01:00"}, FALLBACK) == by_the_model(GOOD)
    with pytest.raises(PoisonEventError, match="raw_data"):
        canonical.normalise({**GOOD, "another": 1}, FALLBACK)
