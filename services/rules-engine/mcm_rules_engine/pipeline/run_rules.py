"""The batch over stored events whose rules have not run yet: findings in, events marked processed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from mcm_rules_engine.active_packs import load_packs
from mcm_rules_engine.pipeline.behaviour import BehaviourScorer
from mcm_rules_engine.pipeline.detect import Detector
from mcm_rules_engine.pipeline.stored_events import process_stored
from mcm_rules_engine.settings import EngineSettings
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_rules_engine.store.events import lock_unprocessed
from mcm_rules_engine.store.findings import read_messages
from mcm_rules_engine.store.rules import record_load
from mcm_shared.cli import run_command
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.db.engine import AsyncEngine, create_engine, transaction
from mcm_shared.db.migrate import wait_for_schema
from mcm_shared.logs import configure_logs
from mcm_shared.settings import DatabaseSettings, load_settings

_SHARD = 0


@dataclass(slots=True)
class Outcome:
    """Result of a run: the number of events processed, and the findings raised or changed, each in its last state."""

    events: int = 0
    findings: list[FindingMessage] = field(default_factory=list)


async def run_rules(engine: AsyncEngine, ruleset: Ruleset, batch_size: int, packs: Sequence[Path] = ()) -> Outcome:
    """Runs the rules over every unprocessed event, ``batch_size`` at a time.

    Safe to run beside the stream, beside itself and again after a crash: an event is marked processed only after the
    correlations over it are evaluated. Raises DatabaseDownError when the database does not respond.
    """
    async with transaction(engine) as connection:
        await record_load(connection, ruleset, packs)
    detector = Detector(ruleset, _SHARD)
    outcome = Outcome()
    affected: set[UUID] = set()
    while True:
        events, findings = await process_stored(
            engine, ruleset, detector, lambda connection: lock_unprocessed(connection, batch_size)
        )
        if not events:
            break
        outcome.events += events
        affected |= findings
    affected |= await BehaviourScorer(ruleset, _SHARD).score(engine)
    async with transaction(engine, read_only=True) as connection:
        outcome.findings = await read_messages(connection, affected)
    return outcome


async def run_from_environment() -> Outcome:
    """Runs the rules with the settings of the environment, waiting for the database."""
    configure_logs("rules-engine")
    settings = load_settings(EngineSettings)
    engine = create_engine(load_settings(DatabaseSettings))
    try:
        await wait_for_schema(engine)
        loaded = load_packs()
        return await run_rules(engine, loaded.ruleset, settings.batch_size, loaded.packs)
    finally:
        await engine.dispose()


if __name__ == "__main__":
    run_command(run_from_environment)
