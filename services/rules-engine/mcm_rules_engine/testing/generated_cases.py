"""Events and ways for them to arrive, as Hypothesis makes them up: small worlds where everything collides.

Times are multiples of the timespans, and a microsecond beside them; users, addresses and kinds are few.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from hypothesis import strategies as st

from mcm_rules_engine.sigma.load import parse_rules
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_rules_engine.testing.generated_rules import EVENT_TYPES, rule_sets
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.testing.builders import an_event

STARTS = (
    datetime(2026, 11, 20, 11, 58, 50, tzinfo=UTC),
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(2999, 12, 31, 23, 50, tzinfo=UTC),
)
ADDRESSES: tuple[Any, ...] = (
    *("192.0.2.1", "192.0.2.2", "192.0.2.3", "::ffff:192.0.2.2", "2001:DB8::1", "2001:db8:0::1"),
    *(7, "7", 7.0, None, ["192.0.2.1", "192.0.2.2"], ["a", "A", None], []),
)
"""Values of a field to group by: equal ones in several spellings, and arrays."""

Way = Literal["stream", "stored", "singly"]


@dataclass(frozen=True, repr=False)
class Delivery:
    """A batch for a worker; ``dies_at`` is the transaction (0: its first) before which that worker dies."""

    worker: int
    events: tuple[SourceEvent, ...]
    way: Way = "stream"
    """A batch of the stream; events saved unprocessed and left to ``run_rules``; or events applied one by one."""
    dies_at: int | None = None

    def __repr__(self) -> str:
        death = "" if self.dies_at is None else f", dies before transaction {self.dies_at}"
        events = (f"{e.timestamp:%d %H:%M:%S.%f} {e.id} {e.event_type} {e.user} {e.raw_data}" for e in self.events)
        return "\n  ".join((f"worker {self.worker}, {self.way}{death}:", *events))


@dataclass(frozen=True, repr=False)
class Case:
    """Rules, and events in the order and the batches they arrive in; ``seed`` orders the workers' transactions.

    Without a seed the workers run freely beside each other.
    """

    rules: str
    deliveries: tuple[Delivery, ...]
    workers: int
    seed: int | None

    def __repr__(self) -> str:
        return "\n".join((f"{self.workers} workers, seed {self.seed}", self.rules, *map(repr, self.deliveries)))

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(repr(self))

    @property
    def ruleset(self) -> Ruleset:
        """The rules, compiled."""
        return parse_rules(self.rules)

    @property
    def events(self) -> list[SourceEvent]:
        """All events, those that come again too."""
        return [event for delivery in self.deliveries for event in delivery.events]


_facts = st.fixed_dictionaries(
    {},
    optional={
        "ip": st.sampled_from(ADDRESSES),
        "kind": st.sampled_from(("x", "X", "y", "", ["x", "y"])),
        "size": st.sampled_from((1, 2.5, "3", -4, 0.1, "many", [1, 2, 2.0], 10**15)),
    },
)
_users = st.sampled_from(("mona@example.com", "mona@example.com", "Mona@Example.com", "omar@example.com", None))
_sources = st.sampled_from(("app", "app", "hr"))
_kinds = st.sampled_from((*EVENT_TYPES, *EVENT_TYPES, "d"))


def _offsets(tens: int) -> st.SearchStrategy[timedelta]:
    return st.builds(
        lambda tens, microseconds: timedelta(seconds=10 * tens, microseconds=microseconds),
        st.integers(0, tens),
        st.sampled_from((0, 0, 1, -1)),
    )


@st.composite
def event_sets(draw: st.DrawFn) -> list[SourceEvent]:
    """Makes a few events around a start, and perhaps floods: many events of one user in a short time."""
    start = draw(st.sampled_from(STARTS))
    offsets = _offsets(draw(st.sampled_from((2, 6, 18))))
    fewest = draw(st.sampled_from((0, 12, 25)))
    said = draw(st.lists(st.tuples(offsets, _kinds, _users, _facts), min_size=fewest, max_size=30))
    for _ in range(draw(st.sampled_from((0, 0, 1, 2)))):
        first, step = draw(offsets), timedelta(milliseconds=draw(st.sampled_from((0, 1, 500))))
        what = draw(st.tuples(st.sampled_from(EVENT_TYPES), _users, _facts))
        said += [(first + number * step, *what) for number in range(draw(st.integers(10, 90)))]
    events = [
        an_event(
            id=f"e{number}",
            source=draw(_sources),
            event_type=kind,
            user=user,
            timestamp=start + max(after, timedelta()),
            raw_data=facts,
        )
        for number, (after, kind, user, facts) in enumerate(said)
    ]
    return events + [draw(_polls(f"p{number}", start)) for number in range(draw(st.sampled_from((0, 1, 3))))]


@st.composite
def _polls(draw: st.DrawFn, name: str, start: datetime) -> SourceEvent:
    """Makes a record that a source is complete, perhaps until later than the poll itself can know."""
    at, until = (start + max(timedelta(), draw(_offsets(18))) for _ in range(2))
    facts = {"feeds": [draw(_sources)], "complete_until": until.isoformat(), "records": 1}
    return an_event(id=name, source="mcm.ingestor", event_type="source_polled", user=None, timestamp=at, raw_data=facts)


_MAX_SINGLY: Final = 4
"""Events that are applied one by one before another delivery comes; each costs as much as a batch."""


def arrange(
    events: list[SourceEvent], *, seed: int, workers: int, shuffled: bool, size: int, stored: bool, deaths: bool
) -> tuple[Delivery, ...]:
    """Spreads events over batches of up to ``size`` and over workers; some come again, some workers die at it.

    What a worker that died was given comes again, in other batches and perhaps to another worker.
    """
    chance = random.Random(seed)
    order = events + chance.choices(events, k=chance.randrange(len(events) // 2 + 1)) if events else []
    if shuffled:
        chance.shuffle(order)
    deliveries: list[Delivery] = []
    waiting = order
    owed: set[str] = set()
    while waiting:
        here = tuple(waiting[: chance.randint(1, size)])
        dies_at = chance.randrange(7) if deaths and chance.random() < 0.25 else None
        # what the stream has begun the stream must finish
        free = stored and owed.isdisjoint(event.id for event in here)
        way: Way = chance.choice(("stream", "stored", "singly")) if free else "stream"
        if way == "singly":
            here = here[:_MAX_SINGLY]
        waiting = waiting[len(here) :]
        deliveries.append(Delivery(chance.randrange(workers), here, way, dies_at))
        if dies_at is not None:
            owed |= {event.id for event in here} if way == "stream" else set()
            again = list(here)
            chance.shuffle(again)
            waiting = [*again, *waiting] if chance.random() < 0.5 else [*waiting, *again]
    return tuple(deliveries)


def draw_case(draw: st.DrawFn, rules: str, events: list[SourceEvent], *, sizes: Sequence[int]) -> Case:
    """Draws how events are delivered: in batches of up to one of ``sizes``, to workers, with repeats and deaths."""
    workers, seed = draw(st.integers(1, 3)), draw(st.integers(0, 10_000))
    deliveries = arrange(
        events,
        seed=seed,
        workers=workers,
        shuffled=draw(st.booleans()),
        size=draw(st.sampled_from(sizes)),
        stored=draw(st.booleans()),
        deaths=draw(st.booleans()),
    )
    return Case(rules, deliveries, workers, seed if draw(st.booleans()) else None)


@st.composite
def cases(draw: st.DrawFn, *, stored: bool = False, fewest_recomputed: int = 0) -> Case:
    """Makes a whole case."""
    workers = draw(st.integers(1, 3))
    seed = draw(st.integers(0, 10_000))
    deliveries = arrange(
        draw(event_sets()),
        seed=seed,
        workers=workers,
        shuffled=draw(st.booleans()),
        size=draw(st.sampled_from((1, 3, 10, 40, 1000))),
        stored=stored,
        deaths=draw(st.booleans()),
    )
    rules = draw(rule_sets(fewest_recomputed=fewest_recomputed))
    return Case(rules, deliveries, workers, seed if draw(st.booleans()) else None)
