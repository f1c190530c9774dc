"""Mutations of the batch pipeline: storing, detecting, correlating, and joining findings."""

from typing import Final

from tests.mutations.mutation import ENGINE, ENGINE_TESTS, SHARED, Mutation

_SAFEGUARDS: Final = f"{ENGINE_TESTS}/test_engine_mutations.py"
_FLOODS: Final = f"{ENGINE_TESTS}/test_engine_floods.py"
_USER: Final = f"{ENGINE_TESTS}/test_findings_user.py"
_APPLY: Final = f"{ENGINE_TESTS}/test_apply_rules.py"
_REUSED: Final = f"{ENGINE_TESTS}/test_engine_reused_ids.py"
_RUN: Final = f"{ENGINE_TESTS}/test_engine_run_rules.py"

PIPELINE: Final = (
    Mutation(
        "events are inserted if absent",
        f"{SHARED}/db/events.py",
        (('conflict="(event_uid) DO NOTHING"', 'conflict="(event_uid) DO UPDATE SET source = excluded.source"'),),
        f"{_SAFEGUARDS}::test_an_event_that_comes_again_counts_once",
    ),
    Mutation(
        "roll-ups count inserted events only",
        f"{ENGINE}/pipeline/handler.py",
        (("(*events, *evidence.values()) if event.uid in row_ids]", "(*events, *evidence.values())]"),),
        f"{_SAFEGUARDS}::test_an_event_that_comes_again_counts_once",
    ),
    Mutation(
        "the totals of a user keep the earliest event",
        f"{SHARED}/db/events.py",
        (("CASE WHEN excluded.first_at < {0}.first_at", "CASE WHEN excluded.first_at > {0}.first_at"),),
        f"{_SAFEGUARDS}::test_the_totals_of_a_user_join_in_any_order",
    ),
    Mutation(
        "the totals of a user keep the latest event",
        f"{SHARED}/db/events.py",
        (("CASE WHEN excluded.last_at > {0}.last_at", "CASE WHEN excluded.last_at < {0}.last_at"),),
        f"{_SAFEGUARDS}::test_the_totals_of_a_user_join_in_any_order",
    ),
    Mutation(
        "the totals of a user are incremented",
        f"{SHARED}/db/events.py",
        (('\'{0}."count" + excluded."count"\'', "'excluded.\"count\"'"),),
        f"{_SAFEGUARDS}::test_the_totals_of_a_user_join_in_any_order",
    ),
    Mutation(
        "an event without an id is named by its content",
        f"{ENGINE}/pipeline/apply_rules.py",
        (("from_raw_event(event, content_id(event))", "from_raw_event(event, str(id(event)))"),),
        f"{_APPLY}::test_an_event_without_an_id_is_the_same_wherever_it_is_stored_without_kafka",
    ),
    Mutation(
        "the order of keys does not name an event",
        f"{SHARED}/contracts/events.py",
        (("sort_keys=True", "sort_keys=False"),),
        "shared/tests/test_events_contract.py::test_content_names_an_event_whatever_the_order_of_its_keys",
    ),
    Mutation(
        "an event without an id is named by the first place it was written to",
        f"{SHARED}/kafka/records.py",
        (("return origin if 0 < len(origin) <= _MAX_ORIGIN else", "return"),),
        "shared/tests/test_kafka_records.py::test_a_replayed_record_comes_from_where_it_first_stood",
    ),
    Mutation(
        "an event may not be far ahead of its record",
        f"{ENGINE}/pipeline/decode.py",
        (("if written_at is not None:", "if False:"),),
        f"{ENGINE_TESTS}/test_decode.py::test_an_event_from_the_future_is_poison",
    ),
    Mutation(
        "repeated events are evaluated again",
        f"{ENGINE}/pipeline/detect.py",
        (
            (
                "                        affected.rows.add(row)\n                        if is_new:\n",
                "                        if is_new:\n                            affected.rows.add(row)\n",
            ),
        ),
        f"{_SAFEGUARDS}::test_what_a_worker_stored_and_did_not_look_at_is_made_up_for",
    ),
    Mutation(
        "levels are evaluated from the lowest",
        f"{ENGINE}/pipeline/detect.py",
        (("for depth in range(1, self._depth + 1):", "for depth in range(self._depth, 0, -1):"),),
        f"{_SAFEGUARDS}::test_a_correlation_counts_what_another_finds_in_the_same_batch",
    ),
    Mutation(
        "each level is committed before the next",
        f"{ENGINE}/pipeline/detect.py",
        (
            (
                "        for depth in range(1, self._depth + 1):\n",
                (
                    "        for_all = transaction(engine)\n"
                    "        connection = await for_all.__aenter__()\n"
                    "        for depth in range(1, self._depth + 1):\n"
                ),
            ),
            ("            async with transaction(engine) as connection:\n", "            if True:\n"),
            (
                "            affected.rows = affected.rows | set(rows)\n",
                (
                    "            affected.rows = affected.rows | set(rows)\n"
                    "        await for_all.__aexit__(None, None, None)\n"
                ),
            ),
        ),
        f"{_SAFEGUARDS}::test_each_level_is_committed_before_the_next_one_looks",
    ),
    Mutation(
        "detections are counted by what was inserted",
        f"{ENGINE}/findings/build.py",
        (("is_new = detection.row in new", "is_new = True"),),
        f"{_SAFEGUARDS}::test_looking_again_counts_no_detection_twice",
    ),
    Mutation(
        "severity is the highest ever",
        f"{ENGINE}/model/finding.py",
        (
            (
                "severity=max(one.severity, other.severity, key=lambda severity: severity.rank)",
                "severity=other.severity",
            ),
        ),
        f"{_SAFEGUARDS}::test_severity_never_falls",
    ),
    Mutation(
        "a finding is that of its earliest detection",
        f"{ENGINE}/model/finding.py",
        (
            (
                'min(one, other, key=lambda state: (state.first_seen, state.earliest["event_uid"]))',
                "one",
            ),
        ),
        f"{_USER}::test_the_user_is_spelled_as_in_the_earliest_detection",
    ),
    Mutation(
        "evidence is that of the detection with most events",
        f"{ENGINE}/model/finding.py",
        (("return max(one, other, key=_weight)", "return one"),),
        f"{_FLOODS}::test_what_completed_a_detection_is_told_the_same_in_any_order",
    ),
    Mutation(
        "a finding about several users names none",
        f"{ENGINE}/model/finding.py",
        (("describe is not None or same_user(one.user, other.user)", "True"),),
        f"{_USER}::test_a_finding_by_another_field_names_its_user_only_while_there_is_one",
    ),
    Mutation(
        "a finding about several users of one batch names none",
        f"{ENGINE}/findings/build.py",
        (("delta.earliest.user if len(delta.users) == 1 else None", "delta.earliest.user"),),
        f"{_USER}::test_a_finding_by_another_field_names_its_user_only_while_there_is_one",
    ),
    Mutation(
        "a change of findings is counted",
        f"{ENGINE}/store/findings.py",
        (("changes)\n        await note_change(connection, shard)\n", "changes)\n"),),
        "services/api/tests/test_finding_filters.py::test_what_the_engine_and_the_enricher_write_is_seen_at_once",
    ),
    Mutation(
        "an event counts once in a tumbling window",
        f"{ENGINE}/store/tumbling.py",
        (("        if position == self.newest:\n", "        if position is None:\n"),),
        f"{_FLOODS}::test_correlations_that_share_a_counter_fire_each_by_its_own_threshold",
    ),
    Mutation(
        "tumbling counters are incremented",
        f"{ENGINE}/store/tumbling.py",
        (('"count = tumbling_counts.count + excluded.count, "', '"count = excluded.count, "'),),
        f"{_APPLY}::test_a_counter_counts_an_event_once",
    ),
    Mutation(
        "a run notes what it has counted",
        f"{ENGINE}/pipeline/stored_events.py",
        (("await mark_detected(connection, list(new.values()))", "await mark_detected(connection, [])"),),
        f"{_RUN}::test_a_run_that_dies_leaves_nothing_out_and_nothing_counted_twice",
    ),
    Mutation(
        "an event is processed once its correlations are evaluated",
        f"{ENGINE}/pipeline/stored_events.py",
        (
            (
                "        await mark_detected(connection, list(new.values()))\n",
                (
                    "        await mark_detected(connection, list(new.values()))\n"
                    "        await mark_processed(connection, [one.known.row_id for one in events])\n"
                ),
            ),
        ),
        f"{_RUN}::test_a_run_that_dies_leaves_nothing_out_and_nothing_counted_twice",
    ),
    Mutation(
        "of two contents under one id the first counts",
        f"{ENGINE}/pipeline/handler.py",
        (("if e.event.uid in standing else e for e in matched", "if False else e for e in matched"),),
        f"{_SAFEGUARDS}::test_of_two_contents_under_one_id_the_first_stored_counts_to_the_end",
    ),
    Mutation(
        "each content of a reused id is kept as evidence",
        f"{ENGINE}/pipeline/handler.py",
        (("for event in reused_id_events(*pair)}", "for event in reused_id_events(pair[1])}"),),
        f"{_REUSED}::test_the_finding_is_the_same_whatever_came_first",
    ),
    Mutation(
        "contents that are equal are one content of a reused id",
        f"{ENGINE}/pipeline/reused_ids.py",
        (("[_comparable(part) for part in content_of(event)]", "list(content_of(event))"),),
        f"{_REUSED}::test_the_finding_is_the_same_whatever_came_first",
    ),
)
