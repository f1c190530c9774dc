"""Commands on dead letters: listing the entries, sending them again, dismissing and reopening them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from mcm_ingestor.dead_letter_entries import (
    Actions,
    DeadLetterEntries,
    DeadLetterEntry,
    EntryState,
    entry_of,
    order_of,
    place_of,
)
from mcm_ingestor.dead_letters import DeadLetter, read_dead_letters, replayed_record
from mcm_shared.contracts.topics import Topics
from mcm_shared.db.dead_letter_actions import (
    LOCAL_ACTOR,
    DeadLetterAction,
    LetterPlace,
    append_actions,
    newest_actions,
)
from mcm_shared.db.engine import AsyncEngine, create_engine, transaction
from mcm_shared.db.migrate import bring_up_sqlite
from mcm_shared.errors import ConfigurationError
from mcm_shared.kafka.producer import Producer
from mcm_shared.kafka.records import Outgoing
from mcm_shared.settings import DatabaseSettings, KafkaSettings, load_settings

_BATCH: Final = 500


@dataclass(slots=True)
class ReplayCounts:
    """Counts of a replay: dead letters sent, and those skipped because they came from another topic."""

    sent: int = 0
    foreign: int = 0


@asynccontextmanager
async def open_actions() -> AsyncIterator[AsyncEngine]:
    """Opens the database of DATABASE_URL, which holds the actions."""
    engine = create_engine(load_settings(DatabaseSettings), pooled=False)
    try:
        await bring_up_sqlite(engine)
        yield engine
    finally:
        await engine.dispose()


async def list_entries(
    kafka: KafkaSettings, engine: AsyncEngine, state: EntryState | None, limit: int
) -> tuple[list[DeadLetterEntry], dict[EntryState, int]]:
    """Returns the newest entries in a state, or in any, and the counts of all states; raises BrokerDownError."""
    actions = await _actions(engine)
    entries = DeadLetterEntries()
    async with aclosing(read_dead_letters(kafka)) as dead_letters:
        async for letter in dead_letters:
            entries.add(letter)
    chosen = [entry for entry in entries.entries(actions) if state in (None, entry.state)]
    return chosen[:limit], entries.counts(actions)


async def replay_entries(
    kafka: KafkaSettings,
    producer: Producer,
    engine: AsyncEngine,
    *,
    everything: bool = False,
    reason: str | None = None,
) -> ReplayCounts:
    """Sends open entries of ``events.raw`` to it, each once, with key, headers and origin.

    ``everything`` includes those that were sent before; ``reason`` selects those whose reason contains the text.
    Dismissed entries stay where they are. Raises BrokerDownError.
    """
    states = {EntryState.OPEN, EntryState.RETRIED} if everything else {EntryState.OPEN}
    actions = await _actions(engine)
    raw = Topics(kafka.topic_prefix).raw
    # the newest letter of each record first, without the payloads: there may be very many
    newest: dict[str, tuple[int, int, int]] = {}
    async with aclosing(read_dead_letters(kafka)) as dead_letters:
        async for letter in dead_letters:
            newest[letter.origin] = max(newest.get(letter.origin, (-1, -1, -1)), order_of(letter))
    result = ReplayCounts()
    batch: list[DeadLetter] = []
    async with aclosing(read_dead_letters(kafka)) as dead_letters:
        async for letter in dead_letters:
            if newest.get(letter.origin) != order_of(letter) or entry_of(letter, 1, actions).state not in states:
                continue
            if reason is not None and reason.casefold() not in letter.reason.casefold():
                continue
            # a program that may write dead letters must not be able to publish findings
            if letter.topic != raw:
                result.foreign += 1
                continue
            batch.append(letter)
            if len(batch) == _BATCH:
                result.sent += await _send(producer, engine, batch)
                batch = []
    result.sent += await _send(producer, engine, batch)
    return result


async def act_on_entries(
    kafka: KafkaSettings,
    engine: AsyncEngine,
    places: Sequence[tuple[int, int]],
    kind: DeadLetterAction,
    reason: str | None = None,
) -> int:
    """Dismisses or reopens the entries at these places and returns how many.

    Raises ConfigurationError for a place without an entry, BrokerDownError.
    """
    entries = DeadLetterEntries(max_value_bytes=0)
    async with aclosing(read_dead_letters(kafka)) as dead_letters:
        async for letter in dead_letters:
            entries.add(letter)
    chosen: list[LetterPlace] = []
    for partition, offset in dict.fromkeys(places):
        letter_there = entries.newest_at(partition, offset)
        if letter_there is None:
            raise ConfigurationError(
                f"there is no dead letter {partition}/{offset}, or its record failed again since; list shows the places"
            )
        chosen.append(place_of(letter_there))
    async with transaction(engine) as connection:
        await append_actions(connection, chosen, kind, actor=LOCAL_ACTOR, reason=reason)
    return len(chosen)


async def _actions(engine: AsyncEngine) -> Actions:
    async with transaction(engine, read_only=True) as connection:
        return await newest_actions(connection)


async def _send(producer: Producer, engine: AsyncEngine, batch: Sequence[DeadLetter]) -> int:
    if not batch:
        return 0
    records: list[Outgoing] = [replayed_record(letter) for letter in batch]
    await producer.send(records)
    # afterwards: an entry that is sent twice does no harm, one that is never sent does
    async with transaction(engine) as connection:
        await append_actions(connection, list(map(place_of, batch)), DeadLetterAction.RETRIED, actor=LOCAL_ACTOR)
    return len(batch)
