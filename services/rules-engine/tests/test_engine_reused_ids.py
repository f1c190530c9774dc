"""Several contents under one event id: all of them are kept, and a finding shows them, whatever came first."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations

import pytest

from mcm_rules_engine.pipeline.decode import Matcher
from mcm_rules_engine.sigma.load import BUILTIN, parse_rules
from mcm_rules_engine.sources import normalise
from mcm_rules_engine.testing import oracle
from mcm_rules_engine.testing.agreement import differences
from mcm_rules_engine.testing.deliveries import engine_for, handle, read_result
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.contracts.topics import ORIGIN_HEADER
from mcm_shared.db.engine import AsyncEngine
from mcm_shared.errors import PoisonEventError
from mcm_shared.testing.builders import NOON, ARecord, an_event, an_event_payload

RULESET = parse_rules((BUILTIN / "activity" / "event_id_reused.yml").read_text())
REAL, FORGED, THIRD = (
    an_event(id="evt-1", event_type=event_type, user=user, timestamp=NOON + timedelta(hours=number), raw_data=facts)
    for number, (event_type, user, facts) in enumerate(
        [
            ("login_failed", "mona@example.com", {"ip": "192.0.2.7", "tries": 1}),
            ("login_success", "ada@example.com", {}),
            ("login_failed", "mona@example.com", {"ip": "192.0.2.8", "tries": 1}),
        ]
    )
)
SAME_AS_REAL = an_event(
    id="evt-1",
    event_type="login_failed",
    user="mona@example.com",
    timestamp=NOON,
    raw_data={"tries": 1.0, "ip": "192.0.2.7"},
)
OTHER = an_event(id="evt-2")


@pytest.mark.parametrize("alone", [True, False], ids=["one by one", "one batch"])
async def test_the_finding_is_the_same_whatever_came_first(sqlite_url: str, alone: bool) -> None:
    events = [REAL, FORGED, THIRD, SAME_AS_REAL, OTHER]
    expected = oracle.evaluate(RULESET, events).findings
    (finding,) = expected.values()
    assert (finding.detection_count, finding.first_seen) == (3, NOON)
    engine = engine_for(sqlite_url)
    for number, order in enumerate(permutations(events)):
        if number % 7:
            continue
        moved = [renamed(event, number) for event in order]
        await handle_all(engine, [[event] for event in moved] if alone else [moved])

    found = (await read_result(engine)).findings
    await engine.dispose()
    orders = [renamed(event, number) for number in range(0, 120, 7) for event in events]
    assert list(differences(oracle.evaluate(RULESET, orders).findings, found)) == []
    assert len(found) == 18


def renamed(event: SourceEvent, number: int) -> SourceEvent:
    """The event under an id of its own for each order, so that one database serves all orders."""
    return an_event(
        id=f"{event.id}/{number}",
        event_type=event.event_type,
        user=event.user,
        timestamp=event.timestamp,
        raw_data=event.raw_data,
    )


async def handle_all(engine: AsyncEngine, batches: Sequence[Sequence[SourceEvent]]) -> None:
    for batch in batches:
        await handle(engine, RULESET, batch)


async def test_repeats_of_one_content_raise_nothing(sqlite_url: str) -> None:
    engine = engine_for(sqlite_url)
    await handle_all(engine, [[REAL, SAME_AS_REAL], [SAME_AS_REAL], [REAL]])
    result = await read_result(engine)
    await engine.dispose()

    assert result.findings == {}
    assert sum(result.rollups.values()) == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": "mcm:events.raw/5/17"}, "must not begin with mcm:"),
        ({"source": "github.audit"}, "source github.audit is that of native payloads"),
        ({"source": "okta.system", "id": None}, "source okta.system is that of native payloads"),
        ({"source": "mcm.engine"}, "source mcm.engine is the engine's own"),
        ({"source": "GitHub.Audit"}, "source GitHub.Audit is that of native payloads"),
        ({"source": "Mcm.Engine"}, "source mcm.engine is the engine's own"),
    ],
)
def test_a_canonical_event_claims_no_identity_of_ours(changes: dict[str, str | None], reason: str) -> None:
    payload = {"source": "my-app", "event_type": "login_failed", "timestamp": "2026-11-20T12:00:00Z", "raw_data": {}}
    normalise(payload, None, "mcm:events.raw/5/17")
    with pytest.raises(PoisonEventError, match=reason):
        normalise(payload | changes, None, "mcm:events.raw/5/17")


def test_an_assigned_id_depends_on_the_content_so_a_claimed_origin_takes_no_id_of_another_record() -> None:
    matcher = Matcher(RULESET, 100_000)
    payload = an_event_payload(id=None)
    real = ARecord(payload, partition=5, offset=17)
    origin = ((ORIGIN_HEADER, b"events.raw/5/17"),)
    replayed = ARecord(payload, headers=origin, offset=99)
    forged = ARecord(an_event_payload(id=None, user="ada@example.com"), headers=origin, offset=98)

    ids = [matcher.decode(record)[0].event.id for record in (real, replayed, forged)]

    assert ids[0].startswith("mcm:events.raw/5/17/")
    assert ids[0] == ids[1] != ids[2]


def test_a_native_event_brings_no_id_of_ours() -> None:
    payload = {"_document_id": "mcm:events.raw/5/17", "action": "repo.create", "@timestamp": 1_795_176_000_000}
    with pytest.raises(PoisonEventError, match="must not begin with mcm:"):
        normalise(payload, "github.audit", "mcm:events.raw/5/18")
