"""The batch handler protocol: decode, store, complete."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from mcm_shared.kafka.records import Outgoing, Record

DecodedT = TypeVar("DecodedT")
StoredT = TypeVar("StoredT")


class BatchHandler(Protocol[DecodedT, StoredT]):
    """Handles the records of one topic in three steps; the worker runs them, the failure policy repeats them.

    A batch goes through ``decode`` (each record), then ``store`` (all of them), then ``complete``. The ``store`` of the
    next batch begins when this batch is stored, so it runs beside this batch's ``complete``; two batches are in
    progress at most. Messages are sent and offsets committed in the order of batches.

    Records come at least once: after a crash or a rebalance the same records come again, to this worker or another,
    possibly in other batches. So ``store`` and ``complete`` must have the same effect once and many times, in any order
    of batches, beside other workers. TransientError from any step means that a dependency is down: the step is called
    again with the same arguments, after a pause. An error that is not named here ends the worker, for it is a bug.
    """

    def decode(self, record: Record) -> DecodedT:
        """Turns a record into what ``store`` needs: a pure function, no I/O.

        Raises PoisonEventError for a record that can never be processed: it is dead-lettered with that reason, and the
        others of its batch go on.
        """

    async def store(self, batch: Sequence[DecodedT]) -> StoredT:
        """Writes a batch, never empty, in one transaction, and returns what ``complete`` needs.

        Called again with the same records after a TransientError, whether or not its transaction was committed. Raises
        DataRefusedError when the database refuses the data: the batch is then stored in halves, down to the one record
        that is dead-lettered with the reason. So it must accept any part of a batch.
        """

    async def complete(self, stored: StoredT) -> Sequence[Outgoing]:
        """Does what follows from a stored batch, and returns the messages to send.

        May assume that ``store`` has committed; other batches may have been stored since. Called once for each value
        that ``store`` returned, and again with the same value after a TransientError, whatever it had done by then; its
        messages are sent once it succeeds. Raises DataRefusedError when the database refuses what follows from the
        data: records are then stored and completed again in halves, down to the one that is dead-lettered.
        """
