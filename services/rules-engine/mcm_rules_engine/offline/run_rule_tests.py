"""Runs the tests inside rules through the engine: each in every order that its events could come in."""

import random
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from mcm_rules_engine.offline.in_memory import Evaluation
from mcm_rules_engine.sigma.model.correlation import Correlation
from mcm_rules_engine.sigma.model.rule import Rule, RuleTest
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_rules_engine.sigma.parse.rule_tests import RaisedFinding, check, expand_events
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.db.engine import AsyncEngine
from mcm_shared.db.memory import empty_tables, memory_database

Batches = list[list[SourceEvent]]

_NOT_OF_THE_EVENTS: Final = {"id", "version", "event_id", "created_at"}
"""What a finding has from the database, not from its events."""

_SHUFFLED_AT_ONCE: Final = 7


@dataclass(frozen=True, slots=True)
class Verdict:
    """Result of one test of a rule: the findings ``raised`` in the written order of events, and every difference."""

    name: str
    raised: tuple[RaisedFinding, ...]
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleVerdict:
    """Result of the tests of one rule; ``missing`` lists the tests that it lacks."""

    rule: Rule | Correlation
    tests: tuple[Verdict, ...]
    missing: tuple[str, ...]

    @property
    def failed(self) -> int:
        """How many tests failed."""
        return sum(bool(test.differences) for test in self.tests)

    @property
    def passed(self) -> bool:
        """Whether every test passed and none is missing."""
        return not self.missing and not self.failed


async def run_rule_tests(ruleset: Ruleset, rules: Iterable[Rule | Correlation]) -> AsyncIterator[RuleVerdict]:
    """Runs the tests of ``rules``, each with the rules of ``ruleset`` that it counts.

    A test shows what its rule finds, also where the rule raises no findings of its own because a correlation counts
    it. The events come as they are written, shuffled, each of them twice, one at a time, and the earliest last: the
    findings must be the same each time.
    """
    async with memory_database() as engine:
        for rule in rules:
            alone = _with_what_it_counts(rule, ruleset)
            tests = [await _run(engine, alone, test) for test in rule.tests]
            yield RuleVerdict(rule, tuple(tests), tuple(_missing(rule)))


async def _run(engine: AsyncEngine, ruleset: Ruleset, test: RuleTest) -> Verdict:
    events = expand_events(test)
    findings = await _evaluate(engine, ruleset, [events])
    raised = tuple(map(_raised, findings))
    differences = check(test, raised)
    expected = _comparable(findings)
    done = [[events]]
    for order, batches in orders(events):
        if batches in done:
            continue
        done.append(batches)
        again = await _evaluate(engine, ruleset, batches)
        if _comparable(again) != expected:
            # the engine, not the rule, is at fault: it promises the same findings for the same events
            differences.append(f"with {order} the findings are others: {_difference(findings, again)}")
    return Verdict(test.name, raised, tuple(differences))


async def _evaluate(engine: AsyncEngine, ruleset: Ruleset, batches: Batches) -> list[FindingMessage]:
    await empty_tables(engine)
    evaluation = Evaluation(engine, ruleset)
    for batch in batches:
        await evaluation.add(batch)
    return await evaluation.findings()


def orders(events: list[SourceEvent]) -> Iterator[tuple[str, Batches]]:
    """Makes the orders that events are evaluated in beside the one they are written in, each with its name."""
    shuffled = events[:]
    random.Random(len(events)).shuffle(shuffled)  # noqa: S311 (the same order at every run)
    earliest = min(events, key=lambda event: (event.timestamp, event.uid))
    later = [event for event in events if event is not earliest]
    yield (
        "the events shuffled",
        [shuffled[start : start + _SHUFFLED_AT_ONCE] for start in range(0, len(events), _SHUFFLED_AT_ONCE)],
    )
    yield "each event twice", [[event for event in events for _ in range(2)], shuffled]
    yield "one event at a time", [[event] for event in events]
    yield "the earliest event last", [*([later] if later else []), [earliest]]


def _with_what_it_counts(rule: Rule | Correlation, ruleset: Ruleset) -> Ruleset:
    correlations = {one.id: one for one in ruleset.correlations}
    needed: set[str] = set()
    waiting = [rule.id]
    while waiting:
        identity = waiting.pop()
        if identity not in needed:
            needed.add(identity)
            inputs = correlations[identity].inputs if identity in correlations else ()
            waiting += [member.rule_id for series in inputs for member in series.members]
    return Ruleset(
        [replace(one, raises_finding=one.id == rule.id) for one in ruleset.rules if one.id in needed],
        [replace(one, raises_finding=one.id == rule.id) for one in ruleset.correlations if one.id in needed],
    )


def _missing(rule: Rule | Correlation) -> Iterator[str]:
    if not rule.raises_finding and not rule.tests:
        return
    if not any(test.expect for test in rule.tests):
        yield "no test shows that it matches"
    if not any(not test.expect for test in rule.tests):
        yield "no test shows where it does not match (expect: [])"


def _raised(finding: FindingMessage) -> RaisedFinding:
    return RaisedFinding(
        severity=finding.severity,
        user=finding.user,
        detections=finding.detection_count,
        group=finding.group,
        description=finding.description,
    )


def _comparable(findings: Sequence[FindingMessage]) -> list[dict[str, Any]]:
    return [finding.model_dump(exclude=_NOT_OF_THE_EVENTS) for finding in findings]


def _difference(findings: Sequence[FindingMessage], again: Sequence[FindingMessage]) -> str:
    if len(findings) != len(again):
        return f"{len(again)} instead of {len(findings)}"
    pairs = zip(_comparable(findings), _comparable(again), strict=True)
    return "; ".join(
        f"{name} {there[name]!r} instead of {value!r}"
        for here, there in pairs
        for name, value in here.items()
        if there[name] != value
    )
