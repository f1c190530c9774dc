"""Dead letters, as the API shows them: a copy of their topic, joined with what people did."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Annotated, Final

from fastapi import Depends

from mcm_api.database import DatabaseReader, DatabaseWriter
from mcm_api.http.problems import ProblemError
from mcm_api.http.state import provided
from mcm_api.pipeline.cursor import DeadLetterCursor
from mcm_api.pipeline.schemas import (
    DeadLetterCounts,
    DeadLetterFilter,
    DeadLetterPage,
    DeadLetterResponse,
    RecordOrigin,
    TakenActionResponse,
)
from mcm_ingestor.dead_letter_entries import (
    Actions,
    DeadLetterEntries,
    DeadLetterEntry,
    EntryState,
    order_of,
    place_of,
)
from mcm_ingestor.dead_letters import DeadLetter, dead_letter_of, replayed_offsets
from mcm_shared.contracts.topics import Topics
from mcm_shared.db.dead_letter_actions import (
    DeadLetterAction,
    actions_revision,
    append_actions,
    newest_actions,
)
from mcm_shared.db.engine import transaction
from mcm_shared.errors import McmError
from mcm_shared.kafka.follower import TopicFollower
from mcm_shared.kafka.records import Record
from mcm_shared.settings import KafkaSettings

_SHOWN: Final = 2_000
_SHOWN_BYTES: Final = 4 * _SHOWN
_READ_WITHIN_S: Final = 5.0
_RETRY_S: Final = 1.0
_ORIGIN: Final = re.compile(r"(.+)/([0-9]{1,10})/([0-9]{1,18})", re.ASCII | re.DOTALL)


class DeadLetters:
    """The dead letters: a copy of their topic that is kept current, and the cached actions."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka
        self._entries = DeadLetterEntries(_SHOWN_BYTES)
        self._replayed: Mapping[int, int] = {}
        self._follower = TopicFollower(kafka, Topics(kafka.topic_prefix).dead, self._reset, self._add)
        self._actions: Actions = {}
        self._revision: tuple[int, int] | None = None

    async def run(self) -> None:
        """Keeps the copy current until cancelled."""
        while True:
            try:
                self._replayed = await replayed_offsets(self._kafka)
            except McmError:
                await asyncio.sleep(_RETRY_S)
            else:
                break
        await self._follower.run()

    async def page(self, reader: DatabaseReader, query: DeadLetterFilter) -> DeadLetterPage:
        """Reads a page of entries, newest first; raises BrokerDownError, DatabaseDownError."""
        actions = await self._current(reader)
        before = None
        if query.before is not None:
            cursor = DeadLetterCursor.decode(query.before)
            before = (cursor.at, cursor.partition, cursor.offset)
        matching = (
            entry
            for entry in self._entries.entries(actions)
            if query.state in (entry.state, "all") and (before is None or order_of(entry.letter) < before)
        )
        chosen = list(islice(matching, query.limit + 1))
        following = None
        if len(chosen) > query.limit:
            at, partition, offset = order_of(chosen[query.limit - 1].letter)
            following = DeadLetterCursor(at, partition, offset).encode()
        return DeadLetterPage(
            items=[_shown(entry) for entry in chosen[: query.limit]],
            next=following,
            counts=_counts(self._entries.counts(actions)),
        )

    async def counts(self, reader: DatabaseReader) -> DeadLetterCounts:
        """Counts the entries by state; raises BrokerDownError, DatabaseDownError."""
        return _counts(self._entries.counts(await self._current(reader)))

    async def act(
        self,
        database: tuple[DatabaseReader, DatabaseWriter],
        place: tuple[int, int],
        kind: DeadLetterAction,
        actor: str,
        reason: str | None = None,
    ) -> DeadLetterResponse:
        """Records an action on the newest letter of an entry, and returns the entry.

        Raises ProblemError 404 where there is none, BrokerDownError, DatabaseDownError.
        """
        reader, writer = database
        await self._current(reader)
        letter = self._entries.newest_at(*place)
        if letter is None:
            raise ProblemError(404, f"There is no dead letter {place[1]} in partition {place[0]}, or it failed again.")
        await self.record(writer, letter, kind, actor, reason)
        actions = await self._current(reader)
        entries = self._entries.entries(actions)
        return _shown(next(entry for entry in entries if entry.letter.place == letter.place))

    async def record(
        self,
        writer: DatabaseWriter,
        letter: DeadLetter,
        kind: DeadLetterAction,
        actor: str,
        reason: str | None = None,
    ) -> None:
        """Records an action on a letter; raises DatabaseDownError."""
        async with transaction(writer.engine) as connection:
            await append_actions(connection, [place_of(letter)], kind, actor=actor, reason=reason)

    async def _current(self, reader: DatabaseReader) -> Actions:
        self._entries.forget_before(await self._follower.begins_when_caught_up(_READ_WITHIN_S))
        async with reader.transaction() as connection:
            revision = await actions_revision(connection)
            if revision != self._revision:
                self._actions = await newest_actions(connection)
                self._revision = revision
        return self._actions

    def _reset(self) -> None:
        self._entries = DeadLetterEntries(_SHOWN_BYTES)

    def _add(self, records: Sequence[Record]) -> None:
        for record in records:
            self._entries.add(dead_letter_of(record, self._replayed))


def _counts(counts: Mapping[EntryState, int]) -> DeadLetterCounts:
    return DeadLetterCounts(
        open=counts[EntryState.OPEN], retried=counts[EntryState.RETRIED], dismissed=counts[EntryState.DISMISSED]
    )


def _shown(entry: DeadLetterEntry) -> DeadLetterResponse:
    letter, action = entry.letter, entry.action
    origin = _ORIGIN.fullmatch(letter.origin)
    return DeadLetterResponse(
        partition=letter.place[0],
        offset=letter.place[1],
        at=letter.written_at,
        reason=letter.reason,
        source=letter.source,
        origin=RecordOrigin(topic=origin[1], partition=int(origin[2]), offset=int(origin[3])) if origin else None,
        payload=letter.value.decode("utf-8", "replace")[:_SHOWN],
        size=letter.size,
        state=entry.state,
        failures=entry.failures,
        action=None
        if action is None
        else TakenActionResponse(kind=action.kind, actor=action.actor, at=action.at, reason=action.reason),
    )


class DeadLettersPart:
    """The dead letters; none where no Kafka is configured."""

    def __init__(self, dead_letters: DeadLetters | None) -> None:
        self.dead_letters = dead_letters

    def require(self) -> DeadLetters:
        """Returns the dead letters; raises ProblemError 503 where no Kafka is configured."""
        if self.dead_letters is None:
            raise ProblemError(503, "Kafka is not configured: set KAFKA_BOOTSTRAP_SERVERS and restart the API.")
        return self.dead_letters

    async def counts(self, reader: DatabaseReader) -> DeadLetterCounts | None:
        """Counts the entries by state; None where they cannot be read now."""
        if self.dead_letters is None:
            return None
        try:
            return await self.dead_letters.counts(reader)
        except McmError:
            return None


DeadLettersDep = Annotated[DeadLettersPart, Depends(provided(DeadLettersPart))]
"""Gives a route the dead letters."""
