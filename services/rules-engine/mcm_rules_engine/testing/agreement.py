"""Running a case through the engine and holding what comes out against the oracle."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from uuid import UUID

from mcm_rules_engine.testing import oracle
from mcm_rules_engine.testing.deliveries import read_messages, read_result, run_case
from mcm_rules_engine.testing.generated_cases import Case
from mcm_rules_engine.testing.oracle import Expected, ExpectedFinding
from mcm_shared.db.engine import AsyncEngine


async def assert_as_the_rules_say(engines: Sequence[AsyncEngine], case: Case) -> Expected:
    """Runs a case and asserts that the database holds what the oracle says, whole rows; returns that.

    The last that was published of each finding must be what the database holds, unless a run over stored events died.
    """
    published = await run_case(engines, case)
    expected = oracle.evaluate(case.ruleset, case.events)
    found = await read_result(engines[0])
    wrong = list(differences(expected.findings, found.findings))
    assert not wrong, "\n".join(wrong)
    assert found.hits == expected.hits
    assert found.rollups == expected.rollups
    assert found.event_days == expected.event_days
    assert found.user_days == expected.user_days
    assert found.user_totals == expected.user_totals
    assert_same_results(expected, found)
    # a run over stored events that dies returns nothing, and what it has processed is not processed again
    if all(delivery.dies_at is None or delivery.way == "stream" for delivery in case.deliveries):
        newest = {message.uid: message for message in sorted(published, key=lambda message: message.version)}
        assert newest == await read_messages(engines[0])
    return expected


def assert_same_results(expected: Expected, found: Expected) -> None:
    """Asserts that standing and pending results are the same; one taken back is stored only where it once stood."""
    stored = {name: one for name, one in found.results.items() if one.state != "no"}
    assert stored == {name: one for name, one in expected.results.items() if one.state != "no"}
    assert found.results.items() - stored.items() <= expected.results.items()


def differences(expected: Mapping[UUID, ExpectedFinding], found: Mapping[UUID, ExpectedFinding]) -> Iterator[str]:
    """Says in words where findings are not as they must be."""
    for uid in expected.keys() - found.keys():
        yield f"missing: {expected[uid]}"
    for uid in found.keys() - expected.keys():
        yield f"not expected: {found[uid]}"
    for uid in expected.keys() & found.keys():
        there, here = asdict(expected[uid]), asdict(found[uid])
        for name in there:
            if there[name] != here[name]:
                yield f"{name} of {there['rule_name']} {there['group']}: {here[name]} instead of {there[name]}"
