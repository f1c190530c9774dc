"""Whom a finding is about: the one user of its group or of all its detections, and no user where there are several."""

from datetime import UTC, datetime
from itertools import permutations

from mcm_rules_engine.offline.in_memory import Evaluation
from mcm_rules_engine.sigma.load import load_rules, parse_rules
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.db.memory import memory_database
from mcm_shared.testing.builders import an_event

BY_BUCKET = parse_rules("""\
title: Read
logsource: {category: activity}
detection: {s: {event_type: read}, condition: s}
group_by: [bucket]
""")
BY_ACTOR = parse_rules("""\
title: Read
name: read
logsource: {category: activity}
detection: {s: {event_type: read}, condition: s}
---
title: Many
correlation: {type: event_count, rules: [read], group-by: [actor], timespan: 1h, condition: {gte: 2}}
""")


USERS = ("mona@example.com", "Mona@Example.com", "omar", None)


async def findings(ruleset: Ruleset, *batches: list[SourceEvent]) -> list[FindingMessage]:
    async with memory_database() as engine:
        evaluation = Evaluation(engine, ruleset)
        for batch in batches:
            await evaluation.add(batch)
        return await evaluation.findings()


def a_read(number: int, user: str | None, **facts: object) -> SourceEvent:
    timestamp = datetime(2026, 11, 20, 12, 0, number, tzinfo=UTC)
    return an_event(id=str(number), event_type="read", user=user, timestamp=timestamp, **facts)


async def test_a_finding_by_another_field_names_its_user_only_while_there_is_one() -> None:
    mona, same, omar, no_user = (a_read(number, user, bucket="b") for number, user in enumerate(USERS))
    for events, user in (
        ([mona, same], "mona@example.com"),
        ([mona, omar], None),
        ([mona, no_user], None),
        ([mona, same, omar], None),
        ([no_user], None),
    ):
        for order in permutations(events):
            together = await findings(BY_BUCKET, list(order))
            one_by_one = await findings(BY_BUCKET, *([event] for event in order))
            assert [finding.user for finding in (*together, *one_by_one)] == [user, user]


async def test_the_user_is_spelled_as_in_the_earliest_detection() -> None:
    events = [a_read(0, "Mona", bucket="B"), a_read(1, "mona", bucket="b"), a_read(2, "MONA", bucket="b")]
    for order in permutations(events):
        (finding,) = await findings(BY_BUCKET, *([event] for event in order))
        assert (finding.user, finding.extra_data["group"]) == ("Mona", {"bucket": "B"})


async def test_a_correlation_by_the_sources_own_name_of_the_user_is_about_that_user() -> None:
    events = [a_read(number, "mona", actor=actor) for number, actor in enumerate(("MONA", "Mona", "mona"))]
    for order in permutations(events):
        (finding,) = await findings(BY_ACTOR, *([event] for event in order))
        assert (finding.user, finding.extra_data["group"]) == ("mona", {"actor": "Mona"})
    (finding,) = await findings(BY_ACTOR, [a_read(number, "mona", actor="a service") for number in range(2)])
    assert finding.user is None


async def test_password_spraying_and_a_burst_of_all_accuse_nobody() -> None:
    victims = [
        an_event(id=str(number), event_type="login_failed", user=f"user-{number}@example.com", ip="192.0.2.7")
        for number in range(20)
    ]
    (spraying,) = [one for one in await findings(load_rules(), victims) if one.rule_name == "password_spraying"]
    assert (spraying.user, spraying.extra_data["group"]) == (None, {"ip": "192.0.2.7"})
    burst = [an_event(id=str(number), event_type="x", user=f"user-{number % 7}") for number in range(3_000)]
    bursts = [one for one in await findings(load_rules(), burst) if one.rule_name == "activity_burst"]
    assert [one.user for one in bursts] == [None]
