"""Mutations of recomputed results: what is answered again, when it stands, and what names the event that decided."""

from typing import Final

from tests.mutations.mutation import ENGINE, ENGINE_TESTS, SHARED, Mutation

_TESTS: Final = f"{ENGINE_TESTS}/test_recomputed.py"
_NOT_FOLLOWED_BY: Final = f"{ENGINE}/recomputed/not_followed_by.py"
_NEW_VALUE: Final = f"{ENGINE}/recomputed/new_value.py"
_WINDOWS: Final = f"{ENGINE}/recomputed/windows.py"
_SILENCE: Final = f"{ENGINE}/recomputed/silence.py"
_OUTBOX_TESTS: Final = f"{ENGINE_TESTS}/test_finding_outbox.py"
_SILENT_TESTS: Final = f"{ENGINE_TESTS}/test_source_silent.py"
_RECOMPUTE: Final = f"{ENGINE}/pipeline/recompute.py"

RECOMPUTED: Final = (
    Mutation(
        "a group is locked while it is recomputed",
        _RECOMPUTE,
        (("await lock_groups(connection,", "len("),),
        f"{_TESTS}::test_a_worker_waits_for_the_lock_on_its_group",
    ),
    Mutation(
        "results that are due are decided by any batch",
        _RECOMPUTE,
        (("while self._waiting:", "while False:"),),
        f"{_TESTS}::test_what_did_not_follow_stands_once_its_source_is_complete",
    ),
    Mutation(
        "what a worker decided before it died is published",
        f"{ENGINE}/store/findings.py",
        (
            (
                'await add_to_outbox(connection, [(change["of_uid"], change["new_version"]) for change in changes])',
                "pass",
            ),
        ),
        f"{_OUTBOX_TESTS}::test_what_a_worker_decided_before_it_died_is_published",
    ),
    Mutation(
        "a change enters the outbox by its version",
        f"{ENGINE}/store/outbox.py",
        (
            (
                "tuple_(_COLUMNS.finding_uid, _COLUMNS.version).in_(entries)",
                "_COLUMNS.finding_uid.in_({uid for uid, _ in entries})",
            ),
        ),
        f"{_OUTBOX_TESTS}::test_a_change_beside_the_publishing_of_the_one_before_is_published_too",
    ),
    Mutation(
        "changes are deleted from the outbox once Kafka has them",
        f"{ENGINE}/pipeline/outbox.py",
        (
            (
                "entries = await take_from_outbox(connection, _AT_ONCE)\n",
                """entries = await take_from_outbox(connection, _AT_ONCE)
        await delete_from_outbox(connection, entries)
    async with transaction(engine) as connection:
""",
            ),
        ),
        f"{_OUTBOX_TESTS}::test_changes_stay_in_the_outbox_until_kafka_has_them",
    ),
    Mutation(
        "a result that turned to no is withdrawn, not deleted",
        _RECOMPUTE,
        (("(known is None or known.state is State.PENDING)", "True"),),
        f"{_TESTS}::test_a_late_event_withdraws_a_finding_and_is_named",
    ),
    Mutation(
        "a result waits until its source is complete",
        f"{ENGINE}/recomputed/completeness.py",
        (("if until is None or until < time:", "if until is None:"),),
        f"{_TESTS}::test_what_did_not_follow_stands_once_its_source_is_complete",
    ),
    Mutation(
        "a poll completes its source up to its own time",
        f"{SHARED}/contracts/source_polled.py",
        (("min(until, event.timestamp)", "until"),),
        f"{_TESTS}::test_a_poll_cannot_know_what_happens_after_it",
    ),
    Mutation(
        "an older event makes a source no less complete",
        f"{SHARED}/db/events.py",
        (("CASE WHEN excluded.complete_until > {0}", "CASE WHEN excluded.complete_until < {0}"),),
        f"{_TESTS}::test_an_older_event_makes_a_source_no_less_complete",
    ),
    Mutation(
        "a late follower decides the detections before it",
        _NOT_FOLLOWED_BY,
        (("scopes = scopes.union(*stored)", "scopes = scopes.union()"),),
        f"{_TESTS}::test_a_late_event_withdraws_a_finding_and_is_named",
    ),
    Mutation(
        "what comes at the end of the timespan has not followed",
        _NOT_FOLLOWED_BY,
        (("followed_by[0] < end:", "followed_by[0] <= end:"),),
        f"{_TESTS}::test_the_end_of_the_timespan_is_outside",
    ),
    Mutation(
        "a late value decides the next detection of the same value",
        _NEW_VALUE,
        (("if near.after else set()", "if False else set()"),),
        f"{_TESTS}::test_an_earlier_event_that_comes_late_withdraws_a_new_value",
    ),
    Mutation(
        "a late detection ends the learning of those after it",
        _NEW_VALUE,
        (("scopes |= yield from _read_span(series, group_key, _learn_by(rule, row, result.after))", "pass"),),
        f"{_TESTS}::test_an_earlier_event_that_comes_late_can_end_the_learning",
    ),
    Mutation(
        "values of a window are added up",
        f"{ENGINE}/store/tumbling.py",
        (("sum_low = tumbling_counts.sum_low + excluded.sum_low", "sum_low = excluded.sum_low"),),
        f"{_TESTS}::test_a_withdrawn_finding_can_stand_again",
    ),
    Mutation(
        "the event that resumes a source is named",
        _SILENCE,
        (("resumed.first, here.last, here.last)", "here.last, here.last, here.last)"),),
        f"{_SILENT_TESTS}::test_one_source_stops_and_resumes",
    ),
    Mutation(
        "of a source that is not read nothing is known",
        _SILENCE,
        (("if after is None or unread is not None:", "if after is None:"),),
        f"{_SILENT_TESTS}::test_a_connector_that_does_not_read_its_source_is_one_finding",
    ),
    Mutation(
        "windows without events are compared",
        _WINDOWS,
        (("return MAX_EMPTY if", "return 0 if"),),
        f"{_TESTS}::test_windows_without_events_count_once_they_are_complete_and_not_for_ever",
    ),
)
