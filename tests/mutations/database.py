"""Mutations of the database access: which errors mean what, which connections are discarded, who waits for a lock."""

from typing import Final

from tests.mutations.mutation import SHARED, SHARED_TESTS, Mutation

_ENGINE: Final = f"{SHARED}/db/engine.py"
_SQLITE: Final = f"{SHARED}/db/sqlite.py"
_FAILURES: Final = f"{SHARED}/db/failures.py"
_FAILURE_TESTS: Final = f"{SHARED_TESTS}/test_db_failures.py"

DATABASE: Final = (
    Mutation(
        "writers of SQLite wait for the lock before they read",
        _SQLITE,
        (('"BEGIN" if reading else "BEGIN IMMEDIATE"', '"BEGIN"'),),
        f"{SHARED_TESTS}/test_db_engine.py::test_writers_of_sqlite_wait_for_each_other",
    ),
    Mutation(
        "writers of SQLite wait as long as it takes",
        _SQLITE,
        (('f"busy_timeout={_LOCK_TIMEOUT_S * 1000}"', '"busy_timeout=0"'),),
        f"{SHARED_TESTS}/test_db_engine.py::test_writers_of_sqlite_wait_for_each_other",
    ),
    Mutation(
        "a SQLite connection gives up its lock when it is closed",
        _SQLITE,
        (("self.rollback()", "pass"),),
        f"{SHARED_TESTS}/test_db_sqlite.py::test_a_transaction_that_is_cancelled_twice_gives_up_its_lock",
    ),
    Mutation(
        "a deadlock is retried",
        _FAILURES,
        (('_ABOUT_DATA: Final = ("22", "23", "54")', '_ABOUT_DATA: Final = ("22", "23", "54", "40")'),),
        f"{SHARED_TESTS}/test_db_engine.py::test_a_deadlock_means_try_again",
    ),
    Mutation(
        "any error of a lost connection means down",
        _ENGINE,
        (("lost = driver is not None and driver.is_closed() and _is_failure(error)", "lost = False"),),
        f"{_FAILURE_TESTS}::test_an_error_of_our_own_in_a_dying_connection_is_tried_again",
    ),
    Mutation(
        "a connection with an open transaction is not used again",
        _ENGINE,
        (
            (
                "            await _discard(connection, driver, discard, error, read_only=read_only)\n",
                "",
            ),
        ),
        f"{_FAILURE_TESTS}::test_a_transaction_that_is_cancelled_twice_leaves_no_open_transaction_in_the_pool",
    ),
    Mutation(
        "statements that the server has forgotten are prepared again",
        _ENGINE,
        ((" or record.info[_EPOCH] != self.epoch:", ":"),),
        f"{_FAILURE_TESTS}::test_statements_that_the_server_has_forgotten_are_prepared_again",
    ),
    Mutation(
        "connections are given out in the order of the callers",
        _ENGINE,
        (("        history.turns = asyncio.Semaphore(settings.pool_size)\n", "        pass\n"),),
        f"{SHARED_TESTS}/test_db_engine.py::test_connections_are_given_out_in_the_order_of_the_callers",
    ),
)
