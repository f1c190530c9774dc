"""The rules a worker has in force, and how others take their place between two batches."""

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple, NoReturn

import structlog

from mcm_rules_engine.active_packs import Loaded
from mcm_rules_engine.pipeline.decode import Batch, Matcher
from mcm_rules_engine.pipeline.handler import Processor
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_rules_engine.store.rules import register_rules
from mcm_shared.db.engine import AsyncEngine, transaction
from mcm_shared.errors import ConfigurationError, TransientError
from mcm_shared.gc_tuning import freeze_heap
from mcm_shared.kafka.records import Outgoing, Record

log = structlog.get_logger()

_AGAIN_S = 1.0


class MatchedBatch(NamedTuple):
    """A batch with the processor of the rules it was matched by: whatever changes meanwhile, they belong together."""

    batch: Batch
    processor: Processor


class ActiveRules:
    """Decodes and handles batches by the rules in force; ``load`` reads them, given those in force before.

    ``matcher`` and ``processor`` are made of each ruleset anew. ``asked`` is set to ask for the rules to be read again.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        load: Callable[[Loaded | None], Loaded],
        asked: asyncio.Event,
        *,
        matcher: Callable[[Ruleset], Matcher],
        processor: Callable[[Ruleset], Processor],
    ) -> None:
        self._engine = engine
        self._load = load
        self._make_matcher = matcher
        self._make_processor = processor
        self._asked = asked
        self._loaded = load(None)
        self._put_in_force(self._loaded)

    def decode(self, records: Sequence[Record]) -> MatchedBatch:
        """Decodes and matches a batch by the rules in force now."""
        return MatchedBatch(self._matcher.decode(records), self._processor)

    async def handle(self, matched: MatchedBatch, stored: Callable[[], None]) -> Sequence[Outgoing]:
        """Handles a batch by the rules it was matched by; calls ``stored`` when the next one may begin."""
        return await matched.processor.handle(matched.batch, stored)

    async def register(self) -> None:
        """Writes the rules in force to the catalogue, waiting for the database where it is down."""
        await self._register(self._loaded.ruleset)
        log.info("rules loaded", **_counts(self._loaded.ruleset))

    async def reload_when_asked(self) -> NoReturn:
        """Reads the rules again each time it is asked for."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            await self.reload()

    async def reload(self) -> None:
        """Reads the rules again and puts them in force; a version that cannot be loaded changes nothing."""
        try:
            # in a thread: parsing many rules must not hold up the heartbeat
            loaded = await asyncio.to_thread(self._load, self._loaded)
        except ConfigurationError as error:
            log.error("rules not reloaded, the active rules stay", reason=str(error))  # noqa: TRY400 (no bug of ours)
        except Exception:
            log.exception("rules not reloaded, the active rules stay")
        else:
            await self._register(loaded.ruleset)
            log.info("rules reloaded", **_counts(loaded.ruleset), **_changes(self._loaded.ruleset, loaded.ruleset))
            self._put_in_force(loaded)

    def _put_in_force(self, loaded: Loaded) -> None:
        self._loaded = loaded
        self._matcher = self._make_matcher(loaded.ruleset)
        self._processor = self._make_processor(loaded.ruleset)
        freeze_heap()

    async def _register(self, ruleset: Ruleset) -> None:
        while True:
            try:
                async with transaction(self._engine) as connection:
                    await register_rules(connection, ruleset.all)
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
