"""Evaluator of exceptions with a Sigma filter: which findings they cover, in the background and when one is made."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Final

import structlog

from mcm_api.database import DatabaseReader, DatabaseWriter
from mcm_api.exceptions.queries.matches import is_covered, read_stale, reset_matches, store_matches
from mcm_api.exclusions import exclusion_of, problem_of
from mcm_api.http.problems import ProblemError
from mcm_api.resources.clock import Clock
from mcm_shared.contracts.exceptions import StoredException
from mcm_shared.db.engine import transaction
from mcm_shared.db.exception_filters import CompiledFilter, read_filters, write_filter
from mcm_shared.db.exceptions import read_exception, read_unexpired
from mcm_shared.db.finding_changes import read_changes
from mcm_shared.errors import McmError

log = structlog.get_logger()

_INTERVAL_S: Final = 1.0
_BATCH: Final = 100
_AT_ONCE: Final = 500


async def evaluate_exceptions(reader: DatabaseReader, writer: DatabaseWriter, clock: Clock) -> None:
    """Evaluates findings that are new or have changed, until cancelled; until then they are visible."""
    evaluated: int | None = None
    while True:
        try:
            async with reader.transaction() as connection:
                changes = await read_changes(connection)
            if changes != evaluated:
                await evaluate_all(reader, writer, clock)
                evaluated = changes
        except (McmError, ProblemError) as error:
            log.debug("exceptions not evaluated, retrying", reason=str(error))
        except Exception:
            log.exception("exceptions not evaluated, retrying")
        await asyncio.sleep(_INTERVAL_S)


async def evaluate_all(reader: DatabaseReader, writer: DatabaseWriter, clock: Clock) -> None:
    """Evaluates every exception with a Sigma filter that has neither expired nor been revoked."""
    async with reader.transaction() as connection:
        unexpired = await read_unexpired(connection, clock.now())
        known = await read_filters(connection)
    for exception in unexpired:
        if exception.problem is None and exception.parsed().sigma is not None:
            await evaluate(reader, writer, exception, known.get(exception.id))


async def evaluate_one(reader: DatabaseReader, writer: DatabaseWriter, number: int) -> None:
    """Evaluates an exception that was just made on the first findings; the rest follows in the background."""
    # what fails here is done in the background
    with contextlib.suppress(McmError):
        async with reader.transaction() as connection:
            found = await read_exception(connection, number)
            known = await read_filters(connection)
        if found is not None and found.parsed().sigma is not None:
            await evaluate(reader, writer, found, known.get(number), limit=_AT_ONCE)


async def evaluate(
    reader: DatabaseReader,
    writer: DatabaseWriter,
    exception: StoredException,
    known: CompiledFilter | None,
    limit: int | None = None,
) -> None:
    """Evaluates the findings that an exception was not evaluated on yet; an invalid one covers nothing.

    ``known`` is what compiling its filter showed before.
    """
    problem = problem_of(exception)
    if problem is not None:
        async with transaction(writer.engine) as connection:
            await reset_matches(connection, exception.id)
        await _write_changed(writer, exception.id, known, CompiledFilter(problem=problem))
        return
    exclusion = exclusion_of(exception.parsed().sigma or "")
    await _write_changed(writer, exception.id, known, CompiledFilter(exclusion.rules))
    count = 0
    while limit is None or count < limit:
        async with reader.transaction() as connection:
            stale = await read_stale(connection, exception, _BATCH)
            found = [(row.id, row.version, await is_covered(connection, exclusion, row)) for row in stale]
        if not found:
            return
        await _store(writer, exception, found)
        count += len(found)


async def _write_changed(
    writer: DatabaseWriter, number: int, known: CompiledFilter | None, compiled: CompiledFilter
) -> None:
    if compiled == known:
        return
    async with transaction(writer.engine) as connection:
        await write_filter(connection, number, compiled)


async def _store(writer: DatabaseWriter, exception: StoredException, found: Sequence[tuple[int, int, bool]]) -> None:
    async with transaction(writer.engine) as connection:
        await store_matches(connection, exception.id, found)
