"""Silence of sources: learned from each source's own pauses, known from the events of others, cleared by the next."""

import os
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mcm_rules_engine.recomputed.protocol import Occupied
from mcm_rules_engine.recomputed.silence import silent_after
from mcm_rules_engine.sigma.load import load_rules, parse_rules
from mcm_rules_engine.testing.agreement import assert_as_the_rules_say
from mcm_rules_engine.testing.deliveries import handle, publish_all, read_messages
from mcm_rules_engine.testing.generated_cases import Case, draw_case
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.contracts.findings import FindingMessage, Severity
from mcm_shared.db.engine import AsyncEngine, transaction
from mcm_shared.db.source_tables import SOURCE_POSITIONS
from mcm_shared.testing.builders import NOON, a_public_bucket, an_event

HOUR = timedelta(hours=1)
EXAMPLES = max(1, int(os.environ.get("MCM_ORACLE_EXAMPLES", "40")) // 10)
BUILTIN = load_rules()
NAMES = ("source_event", "source_read", "source_silent", "bucket_made_public", "public_bucket_left_open")
TEXT = "\n---\n".join(rule.yaml for rule in BUILTIN.all if rule.name in (*NAMES, "bucket_made_private"))
RULESET = parse_rules(TEXT)


def events_of(source: str, hours: Sequence[float]) -> list[SourceEvent]:
    return [
        an_event(id=f"{source} {hour}", source=source, event_type="viewed", timestamp=NOON + hour * HOUR)
        for hour in hours
    ]


def polls_of(source: str, hours: Sequence[float]) -> list[SourceEvent]:
    return [polled(source, NOON + hour * HOUR) for hour in hours]


def polled(source: str, at: datetime) -> SourceEvent:
    facts = {"source": source, "feeds": [source], "records": 0, "complete_until": at.isoformat()}
    return an_event(
        id=f"poll {source} {at}",
        source="mcm.ingestor",
        event_type="source_polled",
        user=None,
        timestamp=at,
        raw_data=facts,
    )


async def silent(engine: AsyncEngine) -> list[FindingMessage]:
    return [one for one in (await read_messages(engine)).values() if one.rule_name == "source_silent"]


@pytest.mark.parametrize("order", ["as they happened", "shuffled and doubled"])
async def test_one_source_stops_and_resumes(engine: AsyncEngine, order: str) -> None:
    bucket = a_public_bucket(source="app", timestamp=NOON + 10 * HOUR)
    stopped = [*events_of("app", range(0, 74, 2)), bucket]
    others = events_of("other", range(79))
    # two days of history are not enough for the third, which stops after the first
    stopped += events_of("third", range(48))

    async def arrive(events: list[SourceEvent]) -> None:
        arriving = events if order == "as they happened" else [*events, *events]
        if arriving is not events:
            random.Random(len(events)).shuffle(arriving)
        for start in range(0, len(arriving), 20):
            await handle(engine, RULESET, arriving[start : start + 20])

    # the last event is of hour 72; it never paused for more than two hours
    await arrive([*stopped, *others[:-3]])
    assert [one.withdrawn for one in await silent(engine) if not one.withdrawn] == []
    await arrive([*stopped, *others[:-1]])
    (finding,) = await silent(engine)
    assert (finding.withdrawn, finding.group, finding.severity) == (False, {"source": "app"}, Severity.CRITICAL)
    assert finding.first_seen == finding.last_seen == NOON + 72 * HOUR
    assert finding.description == "Nothing has come from app for more than 4 h. Rules that it leaves blind: 2."

    (resumed,) = events_of("app", [78])
    await arrive([*stopped, *others, resumed])
    (finding,) = await silent(engine)
    assert finding.withdrawn
    assert finding.extra_data["withdrawn_by"]["event_uid"] == str(resumed.uid)


async def test_a_source_that_no_rule_has_used_leaves_none_blind(engine: AsyncEngine) -> None:
    await handle(engine, RULESET, [*events_of("app", range(0, 74, 2)), *events_of("other", [77])])
    (finding,) = await silent(engine)
    assert finding.severity is Severity.HIGH


async def test_a_connector_that_does_not_read_its_source_is_one_finding(engine: AsyncEngine) -> None:
    app = events_of("app", range(0, 74, 2))
    polls = polls_of("app", [number / 4 for number in range(73 * 4)])
    await handle(engine, RULESET, [*app, *polls, *events_of("other", [73.7])])
    assert await silent(engine) == []
    # the connector fails: first it is not read, then its events stay away too
    await handle(engine, RULESET, events_of("other", [74]))
    (finding,) = await silent(engine)
    assert (finding.withdrawn, finding.first_seen) == (False, NOON + 72.75 * HOUR)
    await handle(engine, RULESET, events_of("other", [90]))
    assert [(one.withdrawn, one.detection_count) for one in await silent(engine)] == [(False, 1)]
    await handle(engine, RULESET, [*polls_of("app", [91]), *events_of("app", [74, 76])])
    standing = [one for one in await silent(engine) if not one.withdrawn]
    # it is read again, and that it has no events is known now
    assert [one.first_seen for one in standing] == [NOON + 76 * HOUR]


async def test_a_silence_and_its_end_are_published(engine: AsyncEngine) -> None:
    app = events_of("app", range(0, 74, 2))
    await handle(engine, RULESET, [*app, *events_of("other", [77])])
    assert [(one.rule_name, one.withdrawn) for one in await publish_all(engine)] == [("source_silent", False)]
    resumed = events_of("app", [78])
    await handle(engine, RULESET, resumed)
    assert [(one.rule_name, one.withdrawn) for one in await publish_all(engine)] == [("source_silent", True)]
    await handle(engine, RULESET, resumed)
    assert await publish_all(engine) == []


async def test_the_minimum_in_the_settings_of_a_source_holds(engine: AsyncEngine) -> None:
    row = {"source": "our app", "lane": "live", "connector": "okta.system", "feeds": ["app"], "position": {}}
    async with transaction(engine) as connection:
        await connection.execute(SOURCE_POSITIONS.insert().values(**row, interval_s=60, silent_after_s=6 * 3600))
    await handle(engine, RULESET, [*events_of("app", range(0, 74, 2)), *events_of("other", [77.9])])
    assert await silent(engine) == []
    await handle(engine, RULESET, events_of("other", [78]))
    assert len(await silent(engine)) == 1


def windows(*spans: tuple[float, float]) -> list[Occupied]:
    return [
        Occupied(int(first) * 3_600_000_000, *((int(at * 3_600_000_000), NAMELESS) for at in (first, last)))
        for first, last in spans
    ]


NAMELESS = an_event().uid


@pytest.mark.parametrize(
    ("spans", "hours"),
    [
        ([], None),
        ([(0, 0), (71, 71)], None),
        ([(0, 0.5), (72, 72)], 143),
        ([(0, 0.75), (1, 1.75), (2, 2.75), (72.25, 72.25)], 139),
        ([(hour, hour + 0.5) for hour in range(80)], 1),
    ],
)
def test_the_pause_is_twice_the_longest_after_three_days(spans: list[Any], hours: float | None) -> None:
    after = silent_after(windows(*spans), 72 * 3_600_000_000, 3_600_000_000)
    assert after == (None if hours is None else round(hours * 3_600_000_000))


_hours = st.lists(st.sampled_from((0, 0.5, 1, 3, 24, 48, 71, 72, 73, 74, 80, 96, 140, 170, 400)), max_size=9)


@st.composite
def _cases(draw: st.DrawFn) -> Case:
    """Makes sources that come and go, one of them polled, and one with a rule that matches."""
    events = [event for source in ("app", "other", "third") for event in events_of(source, sorted(set(draw(_hours))))]
    events += polls_of("app", sorted(set(draw(_hours))))
    events += [
        a_public_bucket(
            id=f"bucket {hour}", source=draw(st.sampled_from(("app", "other"))), timestamp=NOON + hour * HOUR
        )
        for hour in sorted(set(draw(_hours)))[:2]
    ]
    return draw_case(draw, TEXT, events, sizes=(1, 3, 10))


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES <= 4,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(case=_cases())
async def test_silence_comes_out_as_the_oracle_says(engines: list[AsyncEngine], case: Case) -> None:
    await assert_as_the_rules_say(engines, case)
