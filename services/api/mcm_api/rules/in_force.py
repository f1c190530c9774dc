"""The rules by this API's own environment: to match an event again, and to say what belongs together."""

import asyncio
from pathlib import PurePath
from typing import Final

import structlog

from mcm_rules_engine.packs import load_rules_in_force
from mcm_rules_engine.sigma.ruleset import Ruleset
from mcm_shared.errors import ConfigurationError

log = structlog.get_logger()

_NONE: Final = Ruleset(())


class OurRules:
    """The built-in rules and the packs of MCM_RULES_PATH, loaded when they are first needed.

    Where they cannot be loaded the log says why, and there are none.
    """

    def __init__(self) -> None:
        self._loading: asyncio.Task[Ruleset] | None = None

    async def ruleset(self) -> Ruleset:
        """Gives the rules."""
        if self._loading is None:
            self._loading = asyncio.create_task(asyncio.to_thread(_load))
        return await asyncio.shield(self._loading)

    async def families(self) -> dict[str, str]:
        """Gives by rule id the folder that a rule lies in."""
        return {rule.id: PurePath(rule.path).parent.name for rule in (await self.ruleset()).all}


def _load() -> Ruleset:
    try:
        return load_rules_in_force()
    except ConfigurationError as error:
        log.error("events are shown without the rules they match", reason=str(error))  # noqa: TRY400 (no bug of ours)
        return _NONE
