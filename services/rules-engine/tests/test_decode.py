"""Decoding records: one event each, or the events of a delivery that holds several payloads."""

from typing import Any

import orjson
import pytest

from mcm_rules_engine.pipeline.decode import MatchedEvent, Matcher
from mcm_rules_engine.testing.native_payloads import PAYLOADS
from mcm_rules_engine.testing.rulesets import builtin_rules
from mcm_shared.contracts.events import event_uid
from mcm_shared.errors import PartlyPoisonError, PoisonEventError
from mcm_shared.testing.builders import NOON, ARecord, an_event_payload

MATCHER = Matcher(builtin_rules(), 1_000_000)


def decode(payload: Any, source: str, *headers: tuple[str, bytes]) -> list[MatchedEvent]:
    """Decodes a record that holds a native payload, written at noon."""
    record = ARecord(
        orjson.dumps(payload), headers=(("source", source.encode()), *headers), timestamp=int(NOON.timestamp() * 1000)
    )
    return MATCHER.decode(record)


def test_a_record_is_one_event() -> None:
    (canonical,) = MATCHER.decode(ARecord(an_event_payload()))
    assert canonical.event.attributes is None
    (native,) = decode(PAYLOADS["okta.system"][0], "okta.system")
    assert native.event.uid == event_uid("okta.system", "u-1")


@pytest.mark.parametrize(("source", "key"), [("azure.signin", "records"), ("aws.cloudtrail", "Records")])
def test_a_delivery_is_the_events_of_its_payloads(source: str, key: str) -> None:
    payloads = PAYLOADS[source]
    decoded = decode({key: payloads}, source)
    alone = [decode(payload, source)[0] for payload in payloads]
    assert [one.event for one in decoded] == [one.event for one in alone]
    assert decode({key: []}, source) == []


def test_one_delivery_may_hold_the_payloads_of_several_sources() -> None:
    payloads = [PAYLOADS["azure.audit"][0], PAYLOADS["azure.signin"][0], PAYLOADS["azure.activity"][0]]
    decoded = decode({"records": payloads}, "azure.activity")
    assert [one.event.source for one in decoded] == ["azure.audit", "azure.signin", "azure.activity"]


def test_what_is_poison_in_a_delivery_does_not_hold_back_the_rest() -> None:
    good = PAYLOADS["aws.cloudtrail"][1]
    with pytest.raises(PartlyPoisonError) as caught:
        decode({"Records": [good, {}, good | {"eventID": "e-2"}, 5]}, "aws.cloudtrail")
    assert caught.value.reason.startswith("2 of 4 elements cannot be processed: element 2: eventName is missing")
    assert isinstance(caught.value.decoded, list)
    assert [one.event.id for one in caught.value.decoded] == ["e-1", "e-2"]


def test_the_name_of_a_webhooks_event_and_the_time_of_its_receipt_come_from_the_record() -> None:
    payload = {"action": "added", "member": {"login": "omar"}, "sender": {"login": "mona"}}
    (decoded,) = decode(payload, "github.webhook", ("webhook_event", b"member"))
    assert (decoded.event.event_type, decoded.event.timestamp) == ("permission_changed", NOON)


def test_an_event_from_the_future_is_poison() -> None:
    with pytest.raises(PoisonEventError, match="lies more than 24 h after"):
        decode({**PAYLOADS["okta.system"][0], "published": "2026-11-22T12:00:00Z"}, "okta.system")
