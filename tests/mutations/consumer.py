"""Mutations of the consumer: order of commits, failure policy, rebalances, transactions."""

from typing import Final

from tests.mutations.mutation import SHARED, SHARED_TESTS, Mutation

_CONSUMER: Final = f"{SHARED}/kafka/consumer"
_POLICY: Final = f"{_CONSUMER}/failure_policy.py"
_WORKER: Final = f"{_CONSUMER}/worker.py"
_POLICY_TESTS: Final = f"{SHARED_TESTS}/test_kafka_failure_policy.py"
_WORKER_TESTS: Final = f"{SHARED_TESTS}/test_kafka_worker.py"
_REFUSED: Final = (
    f"{_POLICY_TESTS}::test_records_that_the_database_refuses_are_dead_lettered_and_the_others_are_handled"
)

CONSUMER: Final = (
    Mutation(
        "offsets are committed last",
        _WORKER,
        (
            (
                "        try:\n            parts = await self._policy.store(work.batch)\n",
                (
                    "        await consumer.commit(dict(work.offsets))\n"
                    "        try:\n            parts = await self._policy.store(work.batch)\n"
                ),
            ),
        ),
        f"{SHARED_TESTS}/test_kafka_worker_dies.py::test_what_a_worker_died_at_the_next_one_is_given_again",
    ),
    Mutation(
        "a commit waits for the batch before",
        _WORKER,
        (("if before is not None and not await before:", "if before is None and work.generation < 0:"),),
        f"{SHARED_TESTS}/test_kafka_in_flight.py::test_a_batch_left_undone_by_a_stop_is_not_passed_by_the_next_one",
    ),
    Mutation(
        "a batch of an earlier generation is not committed",
        _WORKER,
        (("if rebalance.generation == work.generation:", "if True:"),),
        f"{_WORKER_TESTS}::test_a_batch_that_outlives_its_partitions_does_not_set_the_group_back",
    ),
    Mutation(
        "a rebalance waits for the batches in flight",
        f"{_CONSUMER}/rebalance.py",
        (("await self.in_flight.settle(_FINISH_WITHIN_S)", "pass"),),
        f"{_WORKER_TESTS}::test_two_workers_share_the_partitions_and_no_batch_is_read_twice",
    ),
    Mutation(
        "no batch begins while partitions are revoked",
        f"{_CONSUMER}/rebalance.py",
        (("return generation == self.generation and not self._revoking", "return generation == self.generation"),),
        f"{_WORKER_TESTS}::test_two_workers_share_the_partitions_and_no_batch_is_read_twice",
    ),
    Mutation(
        "a batch is retried while a dependency is down",
        _POLICY,
        (("                if self._stopping.is_set():\n", "                if True:\n"),),
        f"{_WORKER_TESTS}::test_while_a_dependency_is_down_the_same_batch_is_tried_again_and_nothing_is_committed",
    ),
    Mutation(
        "a poison record is dead-lettered",
        _POLICY,
        (
            (
                "except PoisonEventError as error:\n                batch.dead.append((record, error.reason))\n",
                "except PoisonEventError:\n                continue\n",
            ),
        ),
        f"{_POLICY_TESTS}::test_a_poison_record_is_dead_lettered_and_its_neighbours_are_handled",
    ),
    Mutation(
        "the rest of a record that is partly poison is handled",
        _POLICY,
        (('                add((record, cast("DecodedT", error.decoded)))\n', ""),),
        f"{_POLICY_TESTS}::test_of_a_record_that_is_partly_poison_the_rest_is_handled_and_the_whole_dead_lettered",
    ),
    Mutation(
        "a record that the database refuses is dead-lettered",
        _POLICY,
        (
            (
                '        self.dead.append((item[0], f"the database refuses the record: {error}"))\n',
                "        del item, error\n",
            ),
        ),
        _REFUSED,
    ),
    Mutation(
        "only the record at fault is dead-lettered",
        f"{SHARED}/concurrency/bisect.py",
        (
            (
                "        if len(items) == 1:\n            reject(items[0], error)\n            return []\n",
                "        for item in items:\n            reject(item, error)\n        return []\n",
            ),
        ),
        _REFUSED,
    ),
    Mutation(
        "data refused after the commit is bisected too",
        _POLICY,
        (("await bisect_failures(items, partial(self._redo, batch), DataRefusedError, batch.reject)", "[]"),),
        _REFUSED,
    ),
    Mutation(
        "a message that Kafka refuses does not end the worker",
        _POLICY,
        (("self._send, MessageRefusedError, refuse)", "self._send, LeftUncommittedError, refuse)"),),
        f"{_POLICY_TESTS}::test_a_message_that_kafka_refuses_holds_up_no_other",
    ),
    Mutation(
        "a dead letter that Kafka refuses is cut",
        _POLICY,
        (("            if message.topic == self._topics.dead:\n", "            if False:\n"),),
        f"{_POLICY_TESTS}::test_a_dead_letter_that_kafka_refuses_is_cut",
    ),
    Mutation(
        "a record that the client cannot decode is dead-lettered",
        _POLICY,
        (("                batch.dead.append((record, record.reason))\n", ""),),
        f"{SHARED_TESTS}/test_kafka_undecodable.py::test_only_the_record_that_cannot_be_decoded_is_dead_lettered",
    ),
    Mutation(
        "a consumer that is stuck ends the process",
        f"{_CONSUMER}/watchdog.py",
        (("if waiting and self._suspicious:", "if False:"),),
        f"{SHARED_TESTS}/test_kafka_watchdog.py::test_records_that_wait_while_nothing_moves_end_the_process",
    ),
    Mutation(
        "records of open and aborted transactions are not read",
        f"{SHARED}/kafka/connection.py",
        (('isolation_level="read_committed"', 'isolation_level="read_uncommitted"'),),
        f"{SHARED_TESTS}/test_kafka_transactions.py::test_a_worker_reads_committed_records_only",
    ),
    Mutation(
        "offsets are committed past transaction markers",
        f"{_CONSUMER}/fetcher.py",
        (("return bool(self._offsets) and not blocked", "return False"),),
        f"{SHARED_TESTS}/test_kafka_transactions.py"
        "::test_a_marker_without_records_leaves_no_lag_after_a_restart_either",
    ),
)
