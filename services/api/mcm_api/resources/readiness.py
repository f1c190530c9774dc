"""Which dependencies the API is missing right now; asked side by side, answered in time."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from mcm_api.http.problems import MissingDependency
from mcm_shared.errors import McmError

_WITHIN_S: Final = 1.5

Probe = Callable[[], Awaitable[None]]
"""Returns when a dependency can be used; raises McmError saying why not."""


@dataclass(slots=True)
class Readiness:
    """Asks each dependency whether it can be used."""

    probes: Mapping[str, Probe]
    close_connections: Callable[[], Awaitable[None]]
    _asked: dict[str, asyncio.Task[str | None]] = field(default_factory=dict)

    async def missing(self) -> list[MissingDependency]:
        """Lists what cannot be used and why; one that does not answer within 1.5 s is missing."""
        tasks = {name: self._ask(name) for name in self.probes}
        await asyncio.wait(tasks.values(), timeout=_WITHIN_S)
        reasons = {
            name: task.result() if task.done() else f"it did not answer within {_WITHIN_S:g} s"
            for name, task in tasks.items()
        }
        return [MissingDependency(name=name, reason=reason) for name, reason in reasons.items() if reason]

    async def close(self) -> None:
        """Stops asking."""
        for task in self._asked.values():
            task.cancel()
        await asyncio.gather(*self._asked.values(), return_exceptions=True)
        await self.close_connections()

    def _ask(self, name: str) -> asyncio.Task[str | None]:
        # one question at a time: an outage with many callers must not pile up connections
        task = self._asked.get(name)
        if task is None or task.done():
            task = self._asked[name] = asyncio.create_task(_answer(self.probes[name]))
        return task


async def _answer(probe: Probe) -> str | None:
    try:
        await probe()
    except McmError as error:
        return str(error)
    return None
