"""The engine against the oracle: the same findings, whatever order, batches, repeats, workers and deaths."""

import os

import pytest
from hypothesis import HealthCheck, given, settings

from mcm_rules_engine.testing.agreement import assert_as_the_rules_say
from mcm_rules_engine.testing.generated_cases import Case, cases
from mcm_shared.db.engine import AsyncEngine

DEFAULT = 24
EXAMPLES = int(os.environ.get("MCM_ORACLE_EXAMPLES", DEFAULT))
"""Cases of each test and database; set MCM_ORACLE_EXAMPLES for a longer hunt."""

# to shrink a case that fails takes minutes, and only then it is shown; a longer hunt takes hours
pytestmark = pytest.mark.timeout(1800 if EXAMPLES <= DEFAULT else 0)


def as_often(share: float) -> settings:
    # beside other tests always the same cases, so that a failure is a change's; new ones come from a longer hunt
    return settings(
        max_examples=max(1, int(EXAMPLES * share)),
        deadline=None,
        derandomize=EXAMPLES <= DEFAULT,
        suppress_health_check=list(HealthCheck),
    )


@as_often(1)
@given(case=cases())
async def test_batches_of_the_stream_come_out_as_the_rules_say(engines: list[AsyncEngine], case: Case) -> None:
    await assert_as_the_rules_say(engines, case)


@as_often(0.5)
@given(case=cases(stored=True))
async def test_stored_events_come_out_the_same_beside_the_stream(engines: list[AsyncEngine], case: Case) -> None:
    await assert_as_the_rules_say(engines, case)


@as_often(0.25)
@given(case=cases(stored=True, fewest_recomputed=2))
async def test_recomputed_results_come_out_as_the_rules_say(engines: list[AsyncEngine], case: Case) -> None:
    await assert_as_the_rules_say(engines, case)
