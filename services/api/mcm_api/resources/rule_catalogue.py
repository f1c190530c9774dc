"""The active rules, compiled from the rule catalogue as the engine compiled them."""

import asyncio
from typing import Annotated, Final

import structlog
from fastapi import Depends

from mcm_api.database import DatabaseReader
from mcm_api.http.state import provided
from mcm_api.resources.queries.recorded_rules import read_recorded_rules, read_revision
from mcm_rules_engine import Ruleset, compile_recorded

log = structlog.get_logger()

_NONE: Final = Ruleset(())


class RuleCatalogue:
    """Cache of the active rules, compiled again when the revision of the catalogue changes."""

    def __init__(self) -> None:
        self._revision: int | None = None
        self._ruleset = _NONE
        self._lock = asyncio.Lock()

    async def ruleset(self, reader: DatabaseReader) -> Ruleset:
        """Returns the active rules; raises DatabaseDownError when the catalogue cannot be read."""
        async with reader.transaction() as connection:
            revision = await read_revision(connection)
        if revision != self._revision:
            async with self._lock:
                if revision != self._revision:
                    await self._compile(reader)
        return self._ruleset

    async def _compile(self, reader: DatabaseReader) -> None:
        async with reader.transaction() as connection:
            # of one snapshot or an older revision: then the next request compiles again
            revision = await read_revision(connection)
            recorded = await read_recorded_rules(connection)
        # in a thread: compiling hundreds of rules must not delay other requests
        self._ruleset = await asyncio.to_thread(compile_recorded, recorded)
        self._revision = revision
        log.info("active rules compiled", rules=len(self._ruleset.rules), correlations=len(self._ruleset.correlations))


ActiveRulesDep = Annotated[RuleCatalogue, Depends(provided(RuleCatalogue))]
"""Gives a route the active rules."""
