"""What is suppressed follows from the set of detections, the period of the exception and the clock, in any order."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update

from mcm_shared.contracts.exceptions import ExceptionActionKind
from mcm_shared.db.engine import AsyncEngine, transaction
from mcm_shared.db.exceptions import append_exception_action, insert_exception, read_unexpired
from mcm_shared.db.suppression import ActiveExceptions
from mcm_shared.db.tables import EXCEPTION_ACTIONS, EXCEPTIONS, FINDINGS
from mcm_shared.testing.builders import NOON

from .test_reopening import deliver

MINUTE = timedelta(minutes=1)
RULES = ("rule", "other")

# of three findings, each detection by the number of its finding and its minute; repeats are deliveries again
deliveries = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5)), min_size=1, max_size=12)
periods = st.tuples(st.integers(0, 5), st.integers(1, 6)).filter(lambda period: period[0] < period[1])
exceptions = st.lists(
    st.tuples(st.sampled_from(RULES), periods, st.sampled_from(["requested", "approved", "revoked"])), max_size=3
)


def at(minute: int) -> datetime:
    return NOON + minute * MINUTE


async def store(engine: AsyncEngine, rule: str, period: tuple[int, int], state: str) -> None:
    values: dict[str, Any] = {
        "matcher": {"rule": [rule]},
        "owner": "mona",
        "reason": "A test of the period's borders",
        "starts_at": at(period[0]),
        "expires_at": at(period[1]),
        "requester": "ada",
    }
    kinds = {"approved": [ExceptionActionKind.APPROVE], "revoked": list(ExceptionActionKind)}.get(state, [])
    async with transaction(engine) as connection:
        number = await insert_exception(connection, values)
        for kind in kinds:
            await append_exception_action(connection, number, kind, "bob", None, NOON)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(delivered=deliveries, made=exceptions, withdrawn=st.sets(st.integers(0, 2)), now=st.integers(0, 6))
async def test_visible_suppressed_and_withdrawn_findings_are_all(
    engine: AsyncEngine,
    delivered: list[tuple[int, int]],
    made: list[tuple[str, tuple[int, int], str]],
    withdrawn: set[int],
    now: int,
) -> None:
    async with transaction(engine) as connection:
        for table in (FINDINGS, EXCEPTION_ACTIONS, EXCEPTIONS):
            await connection.execute(delete(table))
    uids = [uuid4() for _ in range(3)]
    minutes: dict[UUID, set[int]] = {uid: set() for uid in uids}
    # an exception may come before, between and after the detections that it covers
    for rule, period, state in made[:1]:
        await store(engine, rule, period, state)
    for number, minute in delivered:
        await deliver(engine, uids[number], [minute], minutes[uids[number]])
    for rule, period, state in made[1:]:
        await store(engine, rule, period, state)
    async with transaction(engine) as connection:
        gone = [uids[number] for number in withdrawn]
        await connection.execute(update(FINDINGS).where(FINDINGS.c.uid.in_(gone)).values(withdrawn=True))

    async with transaction(engine, read_only=True) as connection:
        active = ActiveExceptions.at(at(now), await read_unexpired(connection, at(now)))
        visible = set((await connection.execute(select(FINDINGS.c.uid).where(active.visible))).scalars())
        standing = FINDINGS.c.withdrawn.is_(False)
        hidden = select(FINDINGS.c.uid).where(standing, active.suppressed_by.is_not(None))
        suppressed = set((await connection.execute(hidden)).scalars())
        total = (await connection.execute(select(func.count()).select_from(FINDINGS))).scalar_one()

    covering = [
        period
        for rule, period, state in made
        if rule == "rule" and state == "approved" and period[0] <= now < period[1]
    ]
    stored = {uid for uid, seen in minutes.items() if seen}
    expected = {
        uid
        for uid in stored.difference(gone)
        if any(start <= min(minutes[uid]) and max(minutes[uid]) < end for start, end in covering)
    }
    assert suppressed == expected
    assert visible == stored.difference(gone) - expected
    assert len(visible) + len(suppressed) + len(stored.intersection(gone)) == total
