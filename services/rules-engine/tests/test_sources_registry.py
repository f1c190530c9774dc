"""Sources: who normalises what, and what is refused."""

import pytest

from mcm_rules_engine.sources import NORMALISERS, normalise
from mcm_shared.contracts.events import event_uid
from mcm_shared.errors import PoisonEventError

CANONICAL = {"source": "my-app", "event_type": "login_failed", "timestamp": "2026-11-20T12:00:00Z"}


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
        f"unknown source header 'slack'; known are {', '.join(sorted(NORMALISERS))}; "
        "send canonical events without the header"
    )


@pytest.mark.parametrize("payload", [None, 5, "text", [CANONICAL], {}, {**CANONICAL, "user": ["a"]}])
def test_what_is_no_canonical_event_is_refused(payload: object) -> None:
    with pytest.raises(PoisonEventError):
        normalise(payload, None, "x")
