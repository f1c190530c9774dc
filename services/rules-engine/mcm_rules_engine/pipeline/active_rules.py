"""The active rules of a worker, and their reload between two batches."""

import asyncio
from collections.abc import Callable
from typing import NoReturn

import structlog

from mcm_rules_engine.active_packs import Loaded
from mcm_rules_engine.pipeline.handler import DetectionHandler
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_rules_engine.store.rules import record_load
from mcm_shared.db.engine import AsyncEngine, transaction
from mcm_shared.errors import ConfigurationError, TransientError
from mcm_shared.gc_tuning import freeze_heap

log = structlog.get_logger()

_AGAIN_S = 1.0


class ActiveRules:
    """Keeps the handler of the active rules; a reload replaces it, and a batch keeps the handler it began with.

    ``load`` loads the rules, given those active before. ``reload_requested`` is set to request a reload.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        load: Callable[[Loaded | None], Loaded],
        reload_requested: asyncio.Event,
        make_handler: Callable[[Ruleset], DetectionHandler],
    ) -> None:
        self._engine = engine
        self._load = load
        self._make_handler = make_handler
        self._reload_requested = reload_requested
        self._activate(load(None))

    def handler(self) -> DetectionHandler:
        """Returns the handler of the rules active now."""
        return self._handler

    async def register(self) -> None:
        """Writes the active rules to the catalogue; waits for the database while it is down."""
        await self._register(self._loaded)
        log.info("rules loaded", **_counts(self._loaded.ruleset))

    async def reload_when_asked(self) -> NoReturn:
        """Reloads the rules on every request."""
        while True:
            await self._reload_requested.wait()
            self._reload_requested.clear()
            await self.reload()

    async def reload(self) -> None:
        """Reloads the rules and activates them; a version that cannot be loaded changes nothing."""
        try:
            # in a thread: parsing many rules must not hold up the heartbeat
            loaded = await asyncio.to_thread(self._load, self._loaded)
        except ConfigurationError as error:
            log.error("rules not reloaded, the active rules stay", reason=str(error))  # noqa: TRY400 (no bug of ours)
        except Exception:
            log.exception("rules not reloaded, the active rules stay")
        else:
            await self._register(loaded)
            log.info("rules reloaded", **_counts(loaded.ruleset), **_changes(self._loaded.ruleset, loaded.ruleset))
            self._activate(loaded)

    def _activate(self, loaded: Loaded) -> None:
        self._loaded = loaded
        self._handler = self._make_handler(loaded.ruleset)
        freeze_heap()

    async def _register(self, loaded: Loaded) -> None:
        while True:
            try:
                async with transaction(self._engine) as connection:
                    await record_load(connection, loaded.ruleset, loaded.packs)
            except TransientError as error:
                log.warning("rules not registered yet, trying again", reason=str(error))
                await asyncio.sleep(_AGAIN_S)
            else:
                return


def _counts(ruleset: Ruleset) -> dict[str, int]:
    return {"rules": len(ruleset.rules), "correlations": len(ruleset.correlations)}


def _changes(old: Ruleset, new: Ruleset) -> dict[str, list[str]]:
    before = {rule.id: rule for rule in old.all}
    after = {rule.id: rule for rule in new.all}
    return {
        "added": [rule.name for rule in new.all if rule.id not in before],
        "changed": [rule.name for rule in new.all if rule.id in before and rule.version != before[rule.id].version],
        "gone": [rule.name for rule in old.all if rule.id not in after],
    }
