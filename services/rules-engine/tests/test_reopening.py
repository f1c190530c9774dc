"""A closed finding is reopened by the set of its detections and the closing alone, in whichever order they come."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from mcm_rules_engine.model.finding import FindingState
from mcm_rules_engine.store.findings import merge_findings
from mcm_shared.contracts.findings import Severity
from mcm_shared.contracts.triage import ActionKind, FindingAction, Status, state_after
from mcm_shared.db.engine import AsyncEngine, transaction
from mcm_shared.db.finding_actions import ActionRequested, append_actions, lock_findings
from mcm_shared.db.tables import FINDING_ACTIONS, FINDINGS
from mcm_shared.testing.builders import NOON

MINUTE = timedelta(minutes=1)

# event times in minutes; a detection that is delivered again has its number again
deliveries = st.lists(st.integers(0, 9), min_size=1, max_size=8)


def detected(uid: UUID, minute: int) -> FindingState:
    """Builds the state of a finding with one detection."""
    at = NOON + minute * MINUTE
    evidence = {"event_uid": str(UUID(int=minute)), "at": at.isoformat()}
    return FindingState(
        uid=uid,
        rule_id=UUID(int=1),
        rule_version="1",
        rule_name="rule",
        title="Title",
        tags=(),
        series_id=UUID(int=2),
        group={},
        group_key="{}",
        bucket_start=NOON,
        bucket_end=NOON + 60 * MINUTE,
        severity=Severity.LOW,
        user=None,
        description="Description",
        first_seen=at,
        last_seen=at,
        detection_count=1,
        event_uid=UUID(int=minute),
        event_id=None,  # type: ignore[arg-type]  # names no stored event
        source="app",
        earliest=evidence,
        latest=evidence,
        counted=0,
    )


async def deliver(engine: AsyncEngine, uid: UUID, minutes: list[int], known: set[int]) -> None:
    """Merges detections as they come; like the store, it merges what is new of each delivery."""
    for minute in minutes:
        async with transaction(engine) as connection:
            state = detected(uid, minute)
            new = state if minute not in known else replace(state, detection_count=0)
            await merge_findings(connection, {uid: new}, shard=0)
        known.add(minute)


async def close(engine: AsyncEngine, uid: UUID, seen_until: datetime | None) -> None:
    """Closes a finding, as a person who saw its detections up to a time."""
    requested = ActionRequested(ActionKind.STATUS, Status.RESOLVED.value, "Checked", seen_until)
    async with transaction(engine) as connection:
        finding_id = (await connection.execute(select(FINDINGS.c.id).where(FINDINGS.c.uid == uid))).scalar_one()
        await append_actions(connection, await lock_findings(connection, [finding_id]), requested, "ada", NOON)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=deliveries, after=st.lists(st.integers(0, 9), max_size=8), saw=st.none() | st.integers(0, 9))
async def test_the_status_follows_from_the_detections_and_what_the_closer_saw(
    engine: AsyncEngine, before: list[int], after: list[int], saw: int | None
) -> None:
    uid = uuid4()
    known: set[int] = set()

    await deliver(engine, uid, before, known)
    await close(engine, uid, None if saw is None else NOON + saw * MINUTE)
    await deliver(engine, uid, after, known)

    seen = max(before) if saw is None else min(saw, max(before))
    reopened = max(known) > seen
    async with transaction(engine, read_only=True) as connection:
        row = (await connection.execute(select(FINDINGS).where(FINDINGS.c.uid == uid))).one()
    assert (row.status, row.chosen_status) == ("reopened" if reopened else "resolved", "resolved")
    assert row.late_detections == (0 if reopened else len(known) - len(set(before)))
    assert (row.detection_count, row.last_seen) == (len(known), NOON + max(known) * MINUTE)


actions = st.lists(
    st.tuples(st.just(ActionKind.STATUS), st.sampled_from(["open", "acknowledged", "resolved", "accepted_risk"]))
    | st.tuples(st.just(ActionKind.ASSIGN), st.sampled_from([None, "ada", "bob"]))
    | st.tuples(st.just(ActionKind.NOTE), st.sampled_from(["one", "two"]))
    | st.tuples(st.just(ActionKind.LABEL), st.sampled_from(["a", "b", "-a", "-b"])),
    max_size=8,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(taken=actions, minutes=deliveries)
async def test_the_state_of_a_finding_is_the_sum_of_its_actions(
    engine: AsyncEngine, taken: list[tuple[ActionKind, str | None]], minutes: list[int]
) -> None:
    uid = uuid4()
    await deliver(engine, uid, minutes[:1], set())
    async with transaction(engine) as connection:
        finding_id = (await connection.execute(select(FINDINGS.c.id).where(FINDINGS.c.uid == uid))).scalar_one()
        for kind, value in taken:
            locked = await lock_findings(connection, [finding_id])
            await append_actions(connection, locked, ActionRequested(kind, value, "Why"), "ada", datetime.now(UTC))

    async with transaction(engine, read_only=True) as connection:
        stored = select(FINDING_ACTIONS).where(FINDING_ACTIONS.c.finding_uid == uid).order_by(FINDING_ACTIONS.c.id)
        history = [
            FindingAction(ActionKind(row.kind), row.value, row.reason, row.seen_until, row.seen_detections)
            for row in await connection.execute(stored)
        ]
        (finding,) = await lock_findings(connection, [finding_id])
    assert [(action.kind, action.value) for action in history] == taken
    assert finding.state == state_after(history)
    assert finding.state.triage_version == len(taken)
