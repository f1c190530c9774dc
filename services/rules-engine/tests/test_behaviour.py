"""Rules for unusual behaviour in the engine: scores and findings depend on the set of events alone."""

import os
import random
from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from mcm_rules_engine.pipeline.behaviour import BehaviourScorer
from mcm_rules_engine.profiles.explain import explain
from mcm_rules_engine.profiles.features import canonical_user, read_values
from mcm_rules_engine.sigma.load import load_rules, parse_rules
from mcm_rules_engine.sigma.model.correlation import Measure
from mcm_rules_engine.store.profile_scores import (
    clear_touched,
    count_values,
    read_touched,
)
from mcm_rules_engine.store.profile_weeks import TouchedWeek, read_touched_weeks, spans_after, touch_days
from mcm_rules_engine.testing.agreement import assert_as_the_rules_say
from mcm_rules_engine.testing.deliveries import SteppedEngine, handle, read_messages
from mcm_rules_engine.testing.generated_cases import Case, draw_case
from mcm_rules_engine.testing.oracle_behaviour import scored_days
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.db.engine import AsyncEngine, transaction
from mcm_shared.db.profile_tables import PROFILE_DAYS, PROFILE_SCORES, PROFILE_WEEKS
from mcm_shared.errors import RuleLoadError
from mcm_shared.testing.builders import NOON, an_event

EXAMPLES = max(2, int(os.environ.get("MCM_ORACLE_EXAMPLES", "0")) // 4)
TEXT = "\n---\n".join(
    one.yaml for one in load_rules().correlations if one.name in ("unusual_login", "unusual_activity", "unusual_volume")
)
RULESET = parse_rules(TEXT)
MONA, OMAR = "mona@example.com", "omar@example.com"


def day_of(user: str, day: int, events: int = 3, country: str = "DE", kind: str = "login_success") -> list[SourceEvent]:
    at = NOON + timedelta(days=day)
    facts = {"country": country, "ip": f"192.0.{len(country)}.{ord(country[0])}"}
    return [
        an_event(
            id=f"{user} {day} {kind} {n}",
            user=user,
            event_type=kind,
            raw_data=facts,
            timestamp=at + timedelta(minutes=n),
        )
        for n in range(events)
    ]


def usual_days(*days: int) -> list[SourceEvent]:
    return [event for day in days for event in (*day_of(MONA, day), *day_of(OMAR, day, country="NL", kind="upload"))]


async def assert_scored_as_the_oracle_says(engine: AsyncEngine, events: Sequence[SourceEvent]) -> None:
    days = scored_days({one.uid: one for one in events}.values())
    expected = {key: tuple(score.of(measure) for measure in Measure) for key, _, score in days}
    async with transaction(engine, read_only=True) as connection:
        rows = (await connection.execute(select(PROFILE_SCORES))).all()
        for table in (PROFILE_DAYS, PROFILE_WEEKS):
            touched = select(func.count()).select_from(table).where(table.c.touched != 0)
            assert (await connection.execute(touched)).scalar_one() == 0
    withdrawn = [one for one in (await read_messages(engine)).values() if one.withdrawn]
    assert [one.description for one in withdrawn] == [_not_unusual(one, events) for one in withdrawn]
    assert {(row.user, row.day): (row.login, row.activity, row.volume) for row in rows} == expected


def _not_unusual(finding: FindingMessage, events: Sequence[SourceEvent]) -> str:
    """Explains by the naive counts that a day is not unusual: what a withdrawn finding shows in any order."""
    day, measure = finding.first_seen.date(), Measure(finding.rule_name.removeprefix("unusual_"))
    by_day = {key: score for key, _, score in scored_days({one.uid: one for one in events}.values())}
    user = canonical_user(finding.user or "")
    return explain(finding.user or "", day, by_day[user, day], measure, is_unusual=False)


async def scored(engine: AsyncEngine) -> None:
    await BehaviourScorer(RULESET, 0).score(engine)


async def findings(engine: AsyncEngine, *, withdrawn: bool) -> set[str]:
    return {one.rule_name for one in (await read_messages(engine)).values() if one.withdrawn is withdrawn}


@pytest.mark.parametrize("reverse", [False, True])
async def test_a_late_event_withdraws_a_finding_which_shows_the_same_in_any_order(
    engine: AsyncEngine, *, reverse: bool
) -> None:
    strange = day_of(MONA, 30, country="NL")
    await handle(engine, RULESET, [*usual_days(*range(25)), *strange])
    await scored(engine)
    assert await findings(engine, withdrawn=False) == {"unusual_login"}
    (before,) = (await read_messages(engine)).values()
    assert "New country NL: 0 of 25 in 60 days; everyone 24 of 48 among 2 values." in before.description

    late = [day_of(MONA, day, 1, country="NL", kind="upload")[0] for day in range(20, 25)]
    for one in reversed(late) if reverse else late:
        await handle(engine, RULESET, [one])
        await scored(engine)
    (after,) = (await read_messages(engine)).values()
    assert (after.uid, after.withdrawn) == (before.uid, True)
    day = strange[0].timestamp.date()
    said = f"With the events that have arrived since, {day} is not unusual for {MONA}:"
    assert after.description.startswith(said)
    assert after.source is None
    assert after.extra_data["withdrawn_by"] == {
        "event_uid": str(strange[-1].uid),
        "at": "2026-12-20T12:02:00.000000Z",
        "source": strange[-1].source,
        "event_type": "login_success",
        "user": MONA,
        "reason": after.description,
    }
    await assert_scored_as_the_oracle_says(engine, [*usual_days(*range(25)), *strange, *late])


async def test_a_change_of_an_earlier_week_scores_the_days_of_others_again(engine: AsyncEngine) -> None:
    events = [*usual_days(*range(25)), *day_of(MONA, 30, country="NL")]
    await handle(engine, RULESET, events)
    await scored(engine)
    late = [event for day in range(8) for event in day_of("ines@example.com", day, country="NL")]
    await handle(engine, RULESET, late)
    await scored(engine)
    await assert_scored_as_the_oracle_says(engine, [*events, *late])


async def test_a_day_that_an_event_touches_while_it_is_scored_stays_touched(engines: list[AsyncEngine]) -> None:
    engine, other = engines[:2]
    await handle(engine, RULESET, [*usual_days(*range(25)), *day_of(MONA, 30)])
    async with transaction(engine) as connection:
        touched = await read_touched(connection, "", 9)
    await handle(other, RULESET, day_of(MONA, 30, 1, kind="token_created"))
    async with transaction(engine) as connection:
        await clear_touched(connection, touched)
        left = await read_touched(connection, "", 9)
    assert [(one.user, one.day) for one in left] == [(MONA, (NOON + timedelta(days=30)).date())]
    assert {value for _, value in read_values(left[0].pending)} > {"login_success", "token_created"}


async def test_a_day_that_an_event_and_then_a_week_touch_while_it_is_scored_stays_touched(
    engines: list[AsyncEngine],
) -> None:
    engine, other = engines[:2]
    await handle(engine, RULESET, [*usual_days(*range(25)), *day_of(MONA, 30)])
    await scored(engine)
    await handle(engine, RULESET, day_of(OMAR, 9, 1, kind="late"))
    async with transaction(engine) as connection:
        await count_values(connection, await read_touched(connection, "", 9))
        (span,) = spans_after(await read_touched_weeks(connection))
        await touch_days(connection, *span)
        touched = await read_touched(connection, "", 9)
    await handle(other, RULESET, day_of(MONA, 30, 1, kind="token_created"))
    async with transaction(engine) as connection:
        await touch_days(connection, *span)
        await clear_touched(connection, touched)
        left = await read_touched(connection, "", 9)
    assert [(one.user, one.day) for one in left] == [(MONA, (NOON + timedelta(days=30)).date())]
    assert "token_created" in {value for _, value in read_values(left[0].pending)}


async def test_spans_of_days_after_weeks_are_joined() -> None:
    weeks = [TouchedWeek(date(2026, 1, 5) + timedelta(weeks=number), 1) for number in (0, 1, 9, 40)]
    spans = [(date(2026, 1, 12), date(2026, 5, 11)), (date(2026, 10, 19), date(2026, 12, 14))]
    assert spans_after(weeks) == spans


async def test_batches_between_the_transactions_of_a_scorer_are_counted(engines: list[AsyncEngine]) -> None:
    events = usual_days(*range(30))
    await handle(engines[0], RULESET, events)
    await scored(engines[0])
    transactions = 0

    async def bring_a_batch() -> None:
        nonlocal transactions
        transactions += 1
        days = range(transactions % 3, 30, 3)
        batch = [event for day in days for event in day_of(MONA, day, 1, kind=f"kind_{transactions}")]
        events.extend(batch)
        await handle(engines[1], RULESET, batch)

    await BehaviourScorer(RULESET, 0).score(SteppedEngine(engines[0], bring_a_batch))
    assert transactions > 5
    await scored(engines[0])
    await assert_scored_as_the_oracle_says(engines[0], events)


async def test_a_value_that_two_workers_bring_counts_once(engines: list[AsyncEngine]) -> None:
    events = [*usual_days(*range(25)), *day_of(MONA, 30)]
    for number, engine in enumerate(engines[:2]):
        await handle(engine, RULESET, events[number::2], shard=number)
    await scored(engines[0])
    await assert_scored_as_the_oracle_says(engines[0], events)


async def test_no_profile_is_kept_without_a_rule_for_it(engine: AsyncEngine) -> None:
    await handle(
        engine,
        parse_rules(next(one.yaml for one in load_rules().rules if one.name == "login_success")),
        day_of(MONA, 0),
    )
    async with transaction(engine, read_only=True) as connection:
        assert (await connection.execute(select(func.count()).select_from(PROFILE_DAYS))).scalar_one() == 0


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ("score: logins, condition: {gte: 6}", "must be one of login, activity, volume"),
        ("score: login, condition: {lt: 6}", "from a number of bits on"),
        ("score: login, condition: {gte: 6}, timespan: 1h", "does not go with unusual_behaviour"),
        ("score: login, condition: {gte: 6}, rules: [a]", "do not go with unusual_behaviour"),
    ],
)
def test_mistakes_are_refused_with_what_to_change(keys: str, problem: str) -> None:
    head = "title: t\nid: 4b7e6c12-9f0d-4d1c-8a53-2f6e0b9d7c41\nlevel: low\ngroup_for: 24h"
    text = f"{head}\ncorrelation: {{type: unusual_behaviour, group-by: [user], {keys}}}"
    with pytest.raises(RuleLoadError, match=problem):
        parse_rules(text)


@st.composite
def _cases(draw: st.DrawFn) -> Case:
    """Makes users whose days change, in whatever deliveries, with repeats, late events and workers that die."""
    chance = random.Random(draw(st.integers(0, 10_000)))
    users = (MONA, OMAR, "Mona@Example.com")
    events = [
        event
        for user in users
        for day in range(draw(st.sampled_from((18, 24, 30))))
        if chance.random() < 0.8
        for kind in chance.sample(("login_success", "login_failed", "upload", "token_created"), chance.randint(1, 2))
        for event in day_of(user, day, chance.choice((2, 2, 3, 9)), chance.choice(("DE", "DE", "DE", "NL", "fr")), kind)
    ]
    return draw_case(draw, TEXT, events, sizes=(60, 300))


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES <= 2,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(case=_cases())
async def test_scores_and_findings_come_out_as_the_oracle_says(engines: list[AsyncEngine], case: Case) -> None:
    await assert_as_the_rules_say(engines, case)
    await assert_scored_as_the_oracle_says(engines[0], case.events)
