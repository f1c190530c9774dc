"""Applying the rules to one event at once, for programs that use the engine as a library."""

from functools import cache
from uuid import UUID

from mcm_rules_engine.active_packs import load_active_rules
from mcm_rules_engine.model.finding import same_user
from mcm_rules_engine.pipeline.behaviour import BehaviourScorer
from mcm_rules_engine.pipeline.detect import Detector
from mcm_rules_engine.pipeline.stored_events import process_stored
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_rules_engine.store.events import Unprocessed, lock_event
from mcm_rules_engine.store.findings import read_messages
from mcm_rules_engine.store.rules import record_rules
from mcm_shared.contracts.events import RawEvent, SourceEvent, content_id, from_raw_event
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.db.engine import AsyncConnection, AsyncEngine, transaction
from mcm_shared.db.events import add_to_rollups, insert_events

_SHARD = 0


async def apply_rules_to_event(
    event: SourceEvent | RawEvent, db: AsyncEngine, ruleset: Ruleset | None = None
) -> list[FindingMessage]:
    """Stores an event, runs the rules and the correlations over it, and returns the findings it belongs to.

    The findings come in their last state, made by this event or before; [] when no rule holds. An event that is stored
    already is not stored or counted again: of two with one id the first stays. A RawEvent without an id gets one of
    its content. ``ruleset`` is the built-in rules and the packs of MCM_RULES_PATH unless it is given; they are loaded
    once. Nothing is published: the findings are in the database, not on a topic.

    Safe beside the stream, the batch and itself, and again after a crash. Raises DatabaseDownError, DataRefusedError
    when the database refuses the event, RuleLoadError when rules cannot be loaded.
    """
    rules = _active_rules() if ruleset is None else ruleset
    source_event = from_raw_event(event, content_id(event)) if isinstance(event, RawEvent) else event

    async def take(connection: AsyncConnection) -> list[Unprocessed]:
        return [await lock_event(connection, source_event.uid)]

    # a transaction of its own: the stream increments the roll-ups last, and a longer one could deadlock with it
    async with transaction(db) as connection:
        if await insert_events(connection, [source_event], processed=False):
            await add_to_rollups(connection, [source_event], _SHARD)
    _, affected = await process_stored(db, rules, Detector(rules, _SHARD), take)
    unusual = await BehaviourScorer(rules, _SHARD).score(db)
    if not affected | unusual:
        return []
    async with transaction(db) as connection:
        findings = await read_messages(connection, affected)
        findings += [one for one in await read_messages(connection, unusual) if _is_about(one, source_event)]
        found = {finding.rule_id for finding in findings}
        await record_rules(connection, rules, [UUID(rule.id) for rule in rules.all if rule.id in found])
    return findings


def _is_about(finding: FindingMessage, event: SourceEvent) -> bool:
    """Whether a finding about the behaviour of a user is about the day of an event."""
    is_same_user = same_user(finding.user, event.user)
    return is_same_user and finding.first_seen.date() == event.timestamp.date()


@cache
def _active_rules() -> Ruleset:
    return load_active_rules()
