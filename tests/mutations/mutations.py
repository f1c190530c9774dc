"""The safety nets: what to take out of the code, and the test that must notice."""

from dataclasses import dataclass

_ENGINE = "services/rules-engine/mcm_rules_engine"
_ENGINE_TESTS = "services/rules-engine/tests"


@dataclass(frozen=True, slots=True)
class Net:
    """A safety net: ``changes`` of the text of ``path`` that take it out, and the test that fails then."""

    name: str
    path: str
    changes: tuple[tuple[str, str], ...]
    test: str

    def taken_out_of(self, text: str) -> str:
        """Returns the code without the net; raises ValueError where the code is not there as it is written here."""
        for old, new in self.changes:
            if text.count(old) != 1:
                what = f"{self.path} has not exactly one {old!r}"
                raise ValueError(f"{what}: write down in tests/nets/nets.py how {self.name!r} is taken out now")
            text = text.replace(old, new)
        return text


NETS = (
    Net(
        "events are inserted if absent",
        "shared/mcm_shared/db/events.py",
        (('conflict="(event_uid) DO NOTHING"', 'conflict="(event_uid) DO UPDATE SET source = excluded.source"'),),
        f"{_ENGINE_TESTS}/test_engine_nets.py::test_an_event_that_comes_again_counts_once",
    ),
    Net(
        "offsets are committed last",
        "shared/mcm_shared/bus/worker.py",
        (
            (
                "        wait = _BACKOFF_FIRST_S\n        while True:\n",
                "        wait = _BACKOFF_FIRST_S\n        await consumer.commit(work.offsets)\n        while True:\n",
            ),
        ),
        "shared/tests/test_bus_worker_dies.py::test_what_a_worker_died_at_the_next_one_is_given_again",
    ),
    Net(
        "a commit waits for the batch before",
        "shared/mcm_shared/bus/worker.py",
        (("if before is not None and not await before:", "if before is None and work.generation < 0:"),),
        "shared/tests/test_bus_in_hand.py::test_a_batch_left_undone_by_a_stop_is_not_passed_by_the_next_one",
    ),
    Net(
        "events seen again are looked at again",
        f"{_ENGINE}/detect.py",
        (
            (
                "                        touches.rows.add(row)\n                        if is_new:\n",
                "                        if is_new:\n                            touches.rows.add(row)\n",
            ),
        ),
        f"{_ENGINE_TESTS}/test_engine_nets.py::test_what_a_worker_stored_and_did_not_look_at_is_made_up_for",
    ),
    Net(
        "looks go forward too",
        f"{_ENGINE}/correlate/event_count.py",
        (("    wanted = len(touched) + reach\n", "    wanted = len(touched)\n"),),
        f"{_ENGINE_TESTS}/test_engine_nets.py::test_a_late_event_completes_what_came_before_it",
    ),
    Net(
        "a chain is followed past its first rule",
        f"{_ENGINE}/correlate/temporal_ordered.py",
        (("for number in range(row.input, last):", "for number in range(row.input, min(row.input + 1, last)):"),),
        f"{_ENGINE_TESTS}/test_correlations_temporal.py::test_a_late_first_step_leads_past_a_flood_of_first_steps",
    ),
    Net(
        "levels are evaluated from the lowest",
        f"{_ENGINE}/detect.py",
        (("for depth in range(1, self._depth + 1):", "for depth in range(self._depth, 0, -1):"),),
        f"{_ENGINE_TESTS}/test_engine_nets.py::test_a_correlation_counts_what_another_finds_in_the_same_batch",
    ),
    Net(
        "each level is committed before the next",
        f"{_ENGINE}/detect.py",
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
                "            touches.rows = touches.rows | set(rows)\n",
                (
                    "            touches.rows = touches.rows | set(rows)\n"
                    "        await for_all.__aexit__(None, None, None)\n"
                ),
            ),
        ),
        f"{_ENGINE_TESTS}/test_engine_nets.py::test_each_level_is_committed_before_the_next_one_looks",
    ),
    Net(
        "detections are counted by what was inserted",
        f"{_ENGINE}/raise_findings.py",
        (("is_new = detection.row in new", "is_new = True"),),
        f"{_ENGINE_TESTS}/test_engine_nets.py::test_looking_again_counts_no_detection_twice",
    ),
    Net(
        "severity is the highest ever",
        f"{_ENGINE}/finding_state.py",
        (
            (
                "severity=max(one.severity, other.severity, key=lambda severity: severity.rank)",
                "severity=other.severity",
            ),
        ),
        f"{_ENGINE_TESTS}/test_engine_nets.py::test_severity_never_falls",
    ),
    Net(
        "an event counts once in a tumbling window",
        f"{_ENGINE}/store/tumbling.py",
        (("        if position == self.newest:\n", "        if position is None:\n"),),
        f"{_ENGINE_TESTS}/test_engine_floods.py::test_correlations_that_share_a_counter_fire_each_by_its_own_threshold",
    ),
    Net(
        "a run notes what it has counted",
        f"{_ENGINE}/process_stored.py",
        (("await mark_detected(connection, list(new.values()))", "await mark_detected(connection, [])"),),
        f"{_ENGINE_TESTS}/test_engine_run_rules.py::test_a_run_that_dies_leaves_nothing_out_and_nothing_counted_twice",
    ),
    Net(
        "of two contents under one id the first counts",
        f"{_ENGINE}/process.py",
        (("if e.event.uid in conflicts else e for e in matched", "if False else e for e in matched"),),
        f"{_ENGINE_TESTS}/test_engine_nets.py::test_of_two_contents_under_one_id_the_first_stored_counts_to_the_end",
    ),
)
