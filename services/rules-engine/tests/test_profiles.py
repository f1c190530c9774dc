"""Behaviour profiles: scores of users' days are a pure function of the set of events, and recomputable from counts."""

import random
import re
import subprocess
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal, localcontext
from itertools import product
from pathlib import Path

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mcm_local.checkout import COMMANDS
from mcm_rules_engine.offline.unusual import json_of
from mcm_rules_engine.profiles.explain import explain
from mcm_rules_engine.profiles.features import Feature, device_of, features_of, network_of
from mcm_rules_engine.profiles.history import UserDay, profile_days, score_days
from mcm_rules_engine.profiles.likelihood import log_ratio
from mcm_rules_engine.profiles.score import LIKENESS, PRIOR, VolumeEvidence
from mcm_rules_engine.sigma.model.correlation import Measure
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.testing.builders import NOON, an_event, an_event_payload

USERS = ("mona@example.com", "omar@example.com", "ines@example.com")


def event(number: int, user: str, day: int, hour: int, kind: str, country: str | None) -> SourceEvent:
    facts = {} if country is None else {"country": country, "ip": f"192.0.{len(country)}.{number % 200}"}
    at = NOON.replace(hour=hour) + timedelta(days=day)
    return an_event(id=f"e{number}", user=user, timestamp=at, event_type=kind, raw_data=facts)


@st.composite
def worlds(draw: st.DrawFn) -> list[SourceEvent]:
    """Makes the events of a few users over some 90 days, enough of them to have learned."""
    chance = random.Random(draw(st.integers(0, 10_000)))
    kinds, countries = ("login_success", "login_failed", "upload"), ("DE", "de", "NL", None)
    activity = draw(st.sampled_from((1, 4, 9)))
    places = [(user, day) for user in USERS for day in range(90) if chance.random() < 0.7]
    return [
        event(number, user, day, chance.choice((0, 9, 10, 23)), chance.choice(kinds), chance.choice(countries))
        for number, (user, day) in enumerate(place for place in places for _ in range(chance.randint(1, activity)))
    ]


def scored(events: Sequence[SourceEvent]) -> list[UserDay]:
    return list(score_days(profile_days(events)))


@settings(max_examples=15, deadline=None)
@given(events=worlds(), seed=st.integers(0, 100))
def test_order_and_repeats_change_no_score(events: list[SourceEvent], seed: int) -> None:
    arriving = [*events, *events[::3]]
    random.Random(seed).shuffle(arriving)
    assert scored(arriving) == scored(events)


def test_of_two_contents_under_one_id_the_same_one_counts_in_any_order() -> None:
    one, other = (event(1, USERS[0], 0, 9, kind, "DE") for kind in ("login_success", "upload"))
    assert profile_days([one, other]) == profile_days([other, one])
    (profile,) = profile_days([one, other])[NOON.date()].values()
    assert profile.events == 1


@settings(max_examples=15, deadline=None)
@given(events=worlds(), pick=st.integers(0, 10_000))
def test_counts_are_those_of_a_naive_oracle(events: list[SourceEvent], pick: int) -> None:
    days = scored(events)
    one = days[pick % len(days)]
    before = [each for each in events if one.day - timedelta(days=60) <= each.timestamp.date() < one.day]
    mine = [each for each in before if each.user == one.user]
    today = [each for each in events if each.user == one.user and each.timestamp.date() == one.day]
    if len({each.timestamp.date() for each in mine}) < 14 or len(mine) < 50:
        assert one.score is None
        return
    assert one.score is not None
    monday = one.day - timedelta(days=one.day.weekday())
    weeks = [each for each in events if monday - timedelta(weeks=8) <= each.timestamp.date() < monday]
    for feature in one.score.features:
        for value in feature.values:
            own, all_of = (
                {
                    (each.user, each.timestamp.date(), found)
                    for each in some
                    for name, found in features_of(each)
                    if name is value.feature
                }
                for some in (mine, weeks)
            )
            alike = {value.value}
            if value.feature is Feature.HOUR:
                alike = {f"{(int(value.value) + beside) % 24:02}" for beside in (-1, 0, 1)}
            assert value.user_count == sum(found in alike for _, _, found in own)
            assert value.user_total == len(own)
            assert value.everyone_count == sum(found in alike for _, _, found in all_of)
            assert value.everyone_total == len(all_of)
            assert value.everyone_values == len({found for _, _, found in all_of})
    by_day = Counter(each.timestamp.date() for each in mine)
    volume = next(volume for volume in one.score.volumes if volume.name == "events")
    assert (volume.count, volume.active_days, volume.most) == (len(today), len(by_day), max(by_day.values()))
    assert volume.days_with_as_many == sum(count >= len(today) for count in by_day.values())


def exact_log_ratio(numerator: int, denominator: int) -> int:
    with localcontext(prec=60):
        exact = 1000 * (Decimal(numerator).ln() - Decimal(denominator).ln()) / Decimal(2).ln()
        return int(exact.to_integral_value(rounding="ROUND_FLOOR"))


def score_by_counts(counts: dict[str, int]) -> int:
    """Scores a value by the formula in docs/behaviour.md."""
    everyone, of_everyone = counts["everyone_count"] + 1, counts["everyone_total"] + counts["everyone_values"] + 1
    return exact_log_ratio(
        everyone * (counts["user_total"] + PRIOR), counts["user_count"] * of_everyone + PRIOR * everyone
    )


@settings(max_examples=15, deadline=None)
@given(events=worlds())
def test_every_score_can_be_recomputed_from_the_counts_shown(events: list[SourceEvent]) -> None:
    for one in scored(events)[-3:]:
        if one.score is None:
            continue
        shown = orjson.loads(json_of(one, one.score))
        for feature in shown["features"]:
            scores = [score_by_counts(value) for value in feature["values"]]
            assert scores == [value["score"] for value in feature["values"]]
            mean = sum(scores) / len(scores)
            assert feature["score"] == pytest.approx(max(0, *scores) + LIKENESS * mean, abs=4)
        assert shown["activity"] == sum(feature["score"] for feature in shown["features"])
        assert shown["volume"] == max(volume["score"] for volume in shown["volumes"])


_SUM = re.compile(r"is (?:not )?unusual for \S+: (-?)(\d+)\.(\d{3}) bits(?:, at most 1 in ([\d,]+))?\.")
_VALUE = re.compile(
    r"(New )?([a-z ]+) \S+: ([\d,]+) of ([\d,]+) in 60 days; everyone ([\d,]+) of ([\d,]+) among ([\d,]+) values\.",
    re.IGNORECASE,
)
_VOLUME = re.compile(r"([\d,]+) (events|failures): as many on ([\d,]+) of ([\d,]+) active days, at most ([\d,]+)\.")


@settings(max_examples=15, deadline=None)
@given(events=worlds(), is_unusual=st.booleans())
def test_every_sentence_can_be_recomputed_from_its_counts(events: list[SourceEvent], *, is_unusual: bool) -> None:
    for one, measure in product(scored(events)[-3:], Measure):
        if one.score is None:
            continue
        text = explain(one.user, one.day, one.score, measure, is_unusual=is_unusual)
        values, volumes = _VALUE.findall(text), _VOLUME.findall(text)
        evidence = one.score.evidence_of(measure)[:5]
        # the sum, and a sentence for each piece of evidence: nothing else is said
        assert len(re.findall(r"\.(?: |$)", text)) == 1 + len(evidence) == 1 + len(values) + len(volumes)
        sign, whole, rest, odds = _SUM.search(text).groups()  # type: ignore[union-attr]
        bits = int(sign + whole + rest)
        assert bits == one.score.of(measure)
        if is_unusual:
            assert _number(odds) == 2 ** max(0, bits // 1000)
        scores = {}
        for new, name, *numbers in values:
            user_count, user_total, everyone_count, everyone_total, distinct = map(_number, numbers)
            counts = {"user_count": user_count, "user_total": user_total, "everyone_count": everyone_count}
            counts |= {"everyone_total": everyone_total, "everyone_values": distinct}
            assert bool(new) is (user_count == 0)
            scores[name.strip().lower()] = score_by_counts(counts)
        for shown, name, *numbers in volumes:
            count, as_many, active, most = map(_number, (shown, *numbers))
            scores[name] = exact_log_ratio(
                *(((active + 1) * count, max(1, most)) if count > most else (active + 1, as_many + 1))
            )
        assert scores == {
            each.name if isinstance(each, VolumeEvidence) else each.values[0].feature.value: each.score
            if isinstance(each, VolumeEvidence)
            else each.values[0].score
            for each in evidence
        }


def _number(text: str) -> int:
    return int(text.replace(",", ""))


@given(numerator=st.integers(1, 10**15), denominator=st.integers(1, 10**15))
@example(numerator=8, denominator=1)
@example(numerator=2**50, denominator=2**50 - 1)
@example(numerator=2**50 - 1, denominator=2**50)
def test_logarithms_are_exact_to_a_thousandth(numerator: int, denominator: int) -> None:
    assert log_ratio(numerator, denominator) == exact_log_ratio(numerator, denominator)


@pytest.mark.parametrize(
    ("count", "as_many", "most", "ratio"), [(5, 2, 9, (31, 3)), (9, 1, 9, (31, 2)), (90, 0, 9, (31 * 90, 9))]
)
def test_volumes_beyond_all_others_weigh_by_how_far_they_are(
    count: int, as_many: int, most: int, ratio: tuple[int, int]
) -> None:
    assert VolumeEvidence("events", count, as_many, 30, most).score == log_ratio(*ratio)


def test_a_user_learns_for_14_active_days_and_50_events() -> None:
    few = [event(10 * day, USERS[0], day, 9, "upload", None) for day in range(60)]
    first_scored = next(one.day for one in scored(few) if one.score is not None)
    assert first_scored == NOON.date() + timedelta(days=50)
    many = [event(10 * day + n, USERS[0], day, 9, "upload", None) for day in range(20) for n in range(9)]
    first_scored = next(one.day for one in scored(many) if one.score is not None)
    assert first_scored == NOON.date() + timedelta(days=14)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("AWS Internal", ""),
        ("", ""),
    ],
)
def test_networks_are_those_of_the_address(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/148.0.0.0 Edg/148.0.0.0",
            "Edge on Windows",
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/26.1 Safari/605.1.15", "Safari on Macintosh"),
        ("Terraform/1.14", "Terraform"),
        ("aws-cli/2.15.0 Python/3.11 Linux/6.1", "aws-cli"),
        ("", ""),
    ],
)
def test_devices_are_families_not_versions(user_agent: str, device: str) -> None:
    assert device_of(user_agent) == device


def test_the_command_names_unusual_days_and_why(tmp_path: Path) -> None:
    usual = [event(10 * day + n, USERS[0], day, 9, "login_success", "DE") for day in range(40) for n in range(4)]
    others = [event(5000 + day, USERS[1], day, 9, "login_success", "NL") for day in range(40)]
    strange = [event(9000 + n, USERS[0], 40, 3, "token_created", "NL") for n in range(3)]
    events = [*usual, *others, *strange]
    lines = [
        an_event_payload(id=one.id, user=one.user, timestamp=one.timestamp, event_type=one.event_type, **one.facts)
        for one in events
    ]
    (tmp_path / "events.ndjson").write_bytes(b"\n".join([b"{nonsense", *lines]))

    ran = subprocess.run(
        [COMMANDS / "mcm-rules-engine", "unusual", "events.ndjson"],
        env={"PATH": "/nowhere"},
        cwd=tmp_path,
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
    )

    first, *why = ran.stdout.splitlines()
    assert first.startswith("2026-12-30  mona@example.com  login ")
    assert "new event type token_created: 0 of 40 in 60 days; everyone 0 of 76 among 1 values" in "\n".join(why)
    assert ran.stderr.splitlines()[-1] == "203 events, 1 refused; 27 user-days scored, 54 learning, 1 unusual"
    assert ran.returncode == 1
