"""Mutations: what to change in the code, and the test that must fail."""

from dataclasses import dataclass

_ENGINE = "services/rules-engine/mcm_rules_engine"
_ENGINE_TESTS = "services/rules-engine/tests"


@dataclass(frozen=True, slots=True)
class Mutation:
    """A mutation: ``changes`` to the text of ``path`` that remove one safeguard, and the test that must fail."""

    name: str
    path: str
    changes: tuple[tuple[str, str], ...]
    test: str

    def taken_out_of(self, text: str) -> str:
        """Returns the code without the net; raises ValueError where the code is not there as it is written here."""
        for old, new in self.changes:
            if text.count(old) != 1:
                what = f"{self.path} has not exactly one {old!r}"
                raise ValueError(
                    f"{what}: write down in tests/mutations/mutations.py how {self.name!r} is taken out now"
                )
            text = text.replace(old, new)
        return text


MUTATIONS = (
    Mutation(
        "events are inserted if absent",
        "shared/mcm_shared/db/events.py",
        (('conflict="(event_uid) DO NOTHING"', 'conflict="(event_uid) DO UPDATE SET source = excluded.source"'),),
        f"{_ENGINE_TESTS}/test_engine_mutations.py::test_an_event_that_comes_again_counts_once",
    ),
    Mutation(
        "offsets are committed last",
        "shared/mcm_shared/kafka/consumer/worker.py",
        (
            (
                "        try:\n            parts = await self._policy.store(work.batch)\n",
                (
                    "        await consumer.commit(dict(work.offsets))\n"
                    "        try:\n            parts = await self._policy.store(work.batch)\n"
                ),
            ),
        ),
        "shared/tests/test_kafka_worker_dies.py::test_what_a_worker_died_at_the_next_one_is_given_again",
    ),
    Mutation(
        "a commit waits for the batch before",
        "shared/mcm_shared/kafka/consumer/worker.py",
        (("if before is not None and not await before:", "if before is None and work.generation < 0:"),),
        "shared/tests/test_kafka_in_flight.py::test_a_batch_left_undone_by_a_stop_is_not_passed_by_the_next_one",
    ),
    Mutation(
        "a record that the database refuses is dead-lettered",
        "shared/mcm_shared/kafka/consumer/failure_policy.py",
        (
            (
                '        self.dead.append((item[0], f"the database refuses the record: {error}"))\n',
                "        del item, error\n",
            ),
        ),
        "shared/tests/test_kafka_failure_policy.py"
        "::test_records_that_the_database_refuses_are_dead_lettered_and_the_others_are_handled",
    ),
    Mutation(
        "records of open and aborted transactions are not read",
        "shared/mcm_shared/kafka/connection.py",
        (('isolation_level="read_committed"', 'isolation_level="read_uncommitted"'),),
        "shared/tests/test_kafka_transactions.py::test_a_worker_reads_committed_records_only",
    ),
    Mutation(
        "offsets are committed past transaction markers",
        "shared/mcm_shared/kafka/consumer/fetcher.py",
        (("return bool(self._offsets) and not blocked", "return False"),),
        "shared/tests/test_kafka_transactions.py::test_a_marker_without_records_leaves_no_lag_after_a_restart_either",
    ),
    Mutation(
        "repeated events are evaluated again",
        f"{_ENGINE}/pipeline/detect.py",
        (
            (
                "                        affected.rows.add(row)\n                        if is_new:\n",
                "                        if is_new:\n                            affected.rows.add(row)\n",
            ),
        ),
        f"{_ENGINE_TESTS}/test_engine_mutations.py::test_what_a_worker_stored_and_did_not_look_at_is_made_up_for",
    ),
    Mutation(
        "range queries go forward too",
        f"{_ENGINE}/correlation/event_count.py",
        (("    limit = len(affected) + reach\n", "    limit = len(affected)\n"),),
        f"{_ENGINE_TESTS}/test_engine_mutations.py::test_a_late_event_completes_what_came_before_it",
    ),
    Mutation(
        "a chain is followed past its first rule",
        f"{_ENGINE}/correlation/temporal_ordered.py",
        (("for number in range(row.input, last):", "for number in range(row.input, min(row.input + 1, last)):"),),
        f"{_ENGINE_TESTS}/test_correlation_temporal.py::test_a_late_first_step_leads_past_a_flood_of_first_steps",
    ),
    Mutation(
        "levels are evaluated from the lowest",
        f"{_ENGINE}/pipeline/detect.py",
        (("for depth in range(1, self._depth + 1):", "for depth in range(self._depth, 0, -1):"),),
        f"{_ENGINE_TESTS}/test_engine_mutations.py::test_a_correlation_counts_what_another_finds_in_the_same_batch",
    ),
    Mutation(
        "each level is committed before the next",
        f"{_ENGINE}/pipeline/detect.py",
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
        f"{_ENGINE_TESTS}/test_engine_mutations.py::test_each_level_is_committed_before_the_next_one_looks",
    ),
    Mutation(
        "detections are counted by what was inserted",
        f"{_ENGINE}/findings/build.py",
        (("is_new = detection.row in new", "is_new = True"),),
        f"{_ENGINE_TESTS}/test_engine_mutations.py::test_looking_again_counts_no_detection_twice",
    ),
    Mutation(
        "severity is the highest ever",
        f"{_ENGINE}/model/finding.py",
        (
            (
                "severity=max(one.severity, other.severity, key=lambda severity: severity.rank)",
                "severity=other.severity",
            ),
        ),
        f"{_ENGINE_TESTS}/test_engine_mutations.py::test_severity_never_falls",
    ),
    Mutation(
        "an event counts once in a tumbling window",
        f"{_ENGINE}/store/tumbling.py",
        (("        if position == self.newest:\n", "        if position is None:\n"),),
        f"{_ENGINE_TESTS}/test_engine_floods.py::test_correlations_that_share_a_counter_fire_each_by_its_own_threshold",
    ),
    Mutation(
        "a run notes what it has counted",
        f"{_ENGINE}/pipeline/stored_events.py",
        (("await mark_detected(connection, list(new.values()))", "await mark_detected(connection, [])"),),
        f"{_ENGINE_TESTS}/test_engine_run_rules.py::test_a_run_that_dies_leaves_nothing_out_and_nothing_counted_twice",
    ),
    Mutation(
        "of two contents under one id the first counts",
        f"{_ENGINE}/pipeline/handler.py",
        (("if e.event.uid in conflicts else e for e in matched", "if False else e for e in matched"),),
        f"{_ENGINE_TESTS}/test_engine_mutations.py::test_of_two_contents_under_one_id_the_first_stored_counts_to_the_end",
    ),
)
