"""Active rules, compiled as the engine compiles them."""

import asyncio
from pathlib import PurePath
from typing import Annotated, Final

import structlog
from fastapi import Depends

from mcm_api.http.state import provided
from mcm_rules_engine.active_packs import load_active_rules
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_shared.errors import ConfigurationError

log = structlog.get_logger()

_NONE: Final = Ruleset(())


class RuleCatalogue:
    """The built-in rules and the packs of MCM_RULES_PATH, loaded when they are first needed, and again when asked.

    Where they cannot be loaded the log says why, and those that were known stay, at first none.
    """

    def __init__(self) -> None:
        self._loading: asyncio.Task[Ruleset] | None = None

    async def ruleset(self) -> Ruleset:
        """Gives the rules."""
        if self._loading is None:
            self._loading = asyncio.create_task(asyncio.to_thread(_load, _NONE))
        return await asyncio.shield(self._loading)

    def reload(self) -> None:
        """Has the rules read again; who asks meanwhile waits for them."""
        self._loading = asyncio.create_task(self._load_after(self._loading))

    async def _load_after(self, before: "asyncio.Task[Ruleset] | None") -> Ruleset:
        known = _NONE if before is None else await before
        return await asyncio.to_thread(_load, known)

    async def families(self) -> dict[str, str]:
        """Gives by rule id the folder that a rule lies in."""
        return {rule.id: PurePath(rule.path).parent.name for rule in (await self.ruleset()).all}


def _load(known: Ruleset) -> Ruleset:
    try:
        ruleset = load_active_rules()
    except ConfigurationError as error:
        reason = str(error)
        log.error("rules not loaded, those known stay", reason=reason)  # noqa: TRY400 (no bug of ours)
        return known
    log.info("rules loaded", rules=len(ruleset.rules), correlations=len(ruleset.correlations))
    return ruleset


ActiveRulesDep = Annotated[RuleCatalogue, Depends(provided(RuleCatalogue))]
"""Gives a route the active rules."""
