"""Rules, events and ways for the events to arrive, as Hypothesis makes them up: small worlds where everything collides.

Times are multiples of the timespans, and a microsecond beside them; users, addresses and kinds are few.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import yaml
from hypothesis import strategies as st

from mcm_rules_engine.sigma.load import parse_rules
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.testing.builders import an_event

STARTS = (
    datetime(2026, 11, 20, 11, 58, 50, tzinfo=UTC),
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(2999, 12, 31, 23, 50, tzinfo=UTC),
)
SPANS = {"10s": 10, "30s": 30, "1m": 60}
FIELDS = ("user", "ip", "kind")
EVENT_TYPES = ("a", "b", "c")
ADDRESSES: tuple[Any, ...] = (
    *("192.0.2.1", "192.0.2.2", "192.0.2.3", "::ffff:192.0.2.2", "2001:DB8::1", "2001:db8:0::1"),
    *(7, "7", 7.0, None, ["192.0.2.1", "192.0.2.2"], ["a", "A", None], []),
)
"""Values of a field to group by: equal ones in several spellings, and arrays."""
LEVELS = ("low", "medium", "high", "critical")

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


def _identity(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


@st.composite
def _cased(draw: st.DrawFn, fields: Sequence[str], may_be: Sequence[str] = FIELDS) -> list[str]:
    """Writes fields to group by, some of them distinguished by their exact spelling."""
    return [f"{field}|cased" if field in may_be and draw(st.integers(0, 4)) == 0 else field for field in fields]


@st.composite
def _single_rules(draw: st.DrawFn, number: int) -> dict[str, Any]:
    types = draw(st.lists(st.sampled_from(EVENT_TYPES), min_size=1, max_size=2, unique=True))
    rule: dict[str, Any] = {
        "title": f"Rule {number}",
        "id": _identity(number),
        "name": f"rule_{number}",
        "description": "{user} did {kind} from {ip}",
        "level": draw(st.sampled_from(("low", "medium", "informational"))),
        "logsource": {"category": "activity"},
        "detection": {"one": {"event_type": types}, "_worse": {"kind": "x"}, "condition": "one"},
        "group_by": draw(_cased(draw(st.lists(st.sampled_from(FIELDS), max_size=2, unique=True)))),
        "group_for": draw(st.sampled_from(("1m", "2m", "7d"))),
    }
    if draw(st.booleans()):
        rule["escalate"] = {"high": "_worse"}
    return rule


@st.composite
def _correlations(
    draw: st.DrawFn, number: int, below: dict[str, tuple[str, ...]], nestable: set[str]
) -> dict[str, Any]:
    """Makes a correlation over some of the rules in ``below``, which has the fields of each."""
    kind = draw(st.sampled_from(("event_count", "value_count", "temporal", "temporal_ordered")))
    tumbling = kind == "event_count" and draw(st.integers(0, 2)) == 0
    names = sorted(name for name in below if not (tumbling and name in nestable))
    fewest = 2 if kind.startswith("temporal") else 1
    rules = draw(st.lists(st.sampled_from(names), min_size=fewest, max_size=3, unique=True))
    shared = sorted(set(FIELDS).intersection(*(below[name] for name in rules)))
    largest = draw(st.sampled_from((0, 1, 1, 2)))
    group_by = draw(st.lists(st.sampled_from(shared), max_size=largest, unique=True)) if shared else []
    aliases = {}
    if all(below[name] for name in rules) and draw(st.integers(0, 3)) == 0:
        aliases["who"] = {name: draw(st.sampled_from(below[name])) for name in rules}
        group_by = [*group_by[:1], "who"]
    if kind == "value_count" and not shared:
        kind = "event_count"
    keys: dict[str, Any] = {
        "type": kind,
        "rules": rules,
        "group-by": draw(_cased(group_by, [] if nestable.intersection(rules) else [*FIELDS, "who"])),
        "timespan": draw(st.sampled_from(tuple(SPANS))),
    }
    if aliases:
        keys["aliases"] = aliases
    if draw(st.integers(0, 3)):
        keys["generate"] = True
    if tumbling:
        keys["window"] = "tumbling"
    document: dict[str, Any] = {
        "title": f"Correlation {number}",
        "id": _identity(number),
        "name": f"correlation_{number}",
        "description": "{count} in {timespan}",
        "level": draw(st.sampled_from(LEVELS[:2])),
        "group_for": draw(st.sampled_from(("1m", "2m", "7d"))),
        "correlation": keys,
    }
    if kind == "temporal":
        _of_some_rules(draw, document, rules)
    elif kind != "temporal_ordered":
        threshold = draw(st.integers(1, 3 if kind == "value_count" else 5))
        keys["condition"] = draw(st.sampled_from(({"gte": threshold}, {"gt": threshold - 1})))
        if kind == "value_count":
            counted = draw(st.lists(st.sampled_from(shared), min_size=1, max_size=2, unique=True))
            keys["condition"]["field"] = draw(_cased(counted, [] if nestable.intersection(rules) else FIELDS))
        steps = sorted(draw(st.sets(st.integers(threshold + 1, threshold + 6), max_size=2)))
        document["escalate"] = dict(zip(("high", "critical"), steps, strict=False))
    return document


def _of_some_rules(draw: st.DrawFn, document: dict[str, Any], rules: Sequence[str]) -> None:
    """Lets a temporal correlation hold with some of its rules: by their number, or joined by ``or``."""
    lowest = draw(st.integers(1, len(rules)))
    first, *others = rules
    conditions = (None, {"gte": lowest}, " or ".join(rules), f"{first} and ({' or '.join(others)})")
    condition = draw(st.sampled_from(conditions))
    if condition is not None:
        document["correlation"]["condition"] = condition
    if isinstance(condition, dict) and lowest < len(rules):
        document["escalate"] = {"high": len(rules)}


@st.composite
def rule_sets(draw: st.DrawFn) -> str:
    """Makes two or three single-event rules and one to four correlations over them and over each other."""
    documents = [draw(_single_rules(number)) for number in range(1, draw(st.integers(2, 3)) + 1)]
    below: dict[str, tuple[str, ...]] = {document["name"]: FIELDS for document in documents}
    correlations: set[str] = set()
    depth = dict.fromkeys(below, 0)
    for number in range(11, 11 + draw(st.integers(1, 4))):
        document = draw(_correlations(number, {name: below[name] for name in below if depth[name] < 3}, correlations))
        documents.append(document)
        keys = document["correlation"]
        if keys.get("window") != "tumbling":
            below[document["name"]] = tuple(field.removesuffix("|cased") for field in keys["group-by"])
            depth[document["name"]] = 1 + max(depth[name] for name in keys["rules"])
            correlations.add(document["name"])
    return yaml.safe_dump_all(documents, sort_keys=False)


_facts = st.fixed_dictionaries(
    {},
    optional={
        "ip": st.sampled_from(ADDRESSES),
        "kind": st.sampled_from(("x", "X", "y", "", ["x", "y"])),
    },
)
_users = st.sampled_from(("mona@example.com", "mona@example.com", "Mona@Example.com", "omar@example.com", None))
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
    return [
        an_event(id=f"e{number}", event_type=kind, user=user, timestamp=start + max(after, timedelta()), raw_data=facts)
        for number, (after, kind, user, facts) in enumerate(said)
    ]


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
        waiting = waiting[len(here) :]
        dies_at = chance.randrange(4) if deaths and chance.random() < 0.25 else None
        # what the stream has begun the stream must finish
        free = stored and owed.isdisjoint(event.id for event in here)
        way: Way = chance.choice(("stream", "stored", "singly")) if free else "stream"
        deliveries.append(Delivery(chance.randrange(workers), here, way, dies_at))
        if dies_at is not None:
            owed |= {event.id for event in here} if way == "stream" else set()
            again = list(here)
            chance.shuffle(again)
            waiting = [*again, *waiting] if chance.random() < 0.5 else [*waiting, *again]
    return tuple(deliveries)


@st.composite
def cases(draw: st.DrawFn, *, stored: bool = False) -> Case:
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
    return Case(draw(rule_sets()), deliveries, workers, seed if draw(st.booleans()) else None)
