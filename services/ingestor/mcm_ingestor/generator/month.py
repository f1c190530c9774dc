"""A period of the company's activity, event by event in order of time."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from itertools import accumulate, pairwise
from random import Random
from typing import Final, NamedTuple

from mcm_ingestor.generator.company import fictional_company
from mcm_ingestor.generator.drafts import DAY, HOUR, Draft, series_name, to_event, to_ms
from mcm_ingestor.generator.incidents.plan import plan_incidents
from mcm_ingestor.generator.normal_life import STORY_MS, NormalLife, Story
from mcm_ingestor.generator.rough_edges import EVENTS_A_DAY_FOR_FULL_RATES, RATES_PER_DAY, RoughEdge
from mcm_shared.contracts.events import RawEvent

_EVENTS_A_STORY: Final = 1.7
_ROUGH_SHARE: Final = 0.05


class Slot(NamedTuple):
    """An hour to fill with activity; ``share`` of all activity is done by its end."""

    began: int
    ended: int
    share: float


def stream_events(count: int, *, seed: int, now: datetime, days: int = 30) -> Iterator[RawEvent]:
    """Yields exactly ``count`` events of the ``days`` before ``now``, oldest first; keeps one hour of them in memory.

    Equal arguments yield equal events, ids included, in any process; any different argument changes the ids.
    """
    end = to_ms(now)
    name = series_name(seed, count, end, days)
    for number, draft in enumerate(_drafts(count, Random(seed), end - days * DAY, end)):  # noqa: S311 (not a secret)
        yield to_event(draft, f"{name}-{number}")


def one_event(*, seed: int, now: datetime) -> RawEvent:
    """Generates a single routine event, occasionally a small mistake, within the 30 days before ``now``."""
    rng = Random(seed)  # noqa: S311 (not a secret)
    life = NormalLife(fictional_company(), rng)
    end = to_ms(now)
    at = end - STORY_MS - int(rng.random() * 30 * DAY)
    story = rng.choice(list(RATES_PER_DAY))(life, at) if rng.random() < _ROUGH_SHARE else life.story(at)
    return to_event(rng.choice(story), f"{series_name(seed, end)}-0")


def _drafts(count: int, rng: Random, start: int, end: int) -> Iterator[Draft]:
    life = NormalLife(fictional_company(), rng)
    incidents = plan_incidents(life, start, end, count)
    quota = count - len(incidents)
    slots = _slots(life, start, end)
    rough = _rough_edges(life, slots, quota * DAY / (end - start))
    rounding = rng.random()
    generated = planted = 0
    for slot in slots:
        drafts = []
        while planted < len(incidents) and incidents[planted].at < slot.ended:
            drafts.append(incidents[planted])
            planted += 1
        due = min(quota, int(quota * slot.share + rounding)) - generated
        for story in _stories(life, slot, due, rough[slot.began]):
            included = story[-(quota - generated) :] if generated < quota else []
            generated += len(included)
            drafts += included
        drafts.sort(key=lambda draft: draft.at)
        yield from drafts


def _slots(life: NormalLife, start: int, end: int) -> list[Slot]:
    first = start - start % HOUR + HOUR
    edges = [start, *range(first, end, HOUR), end]
    # an hour too short for any activity is merged with its neighbour
    if edges[1] - start < STORY_MS:
        del edges[1]
    if end - edges[-2] < STORY_MS:
        del edges[-2]
    activity = [life.hours.cumulative_weights(began)[-1] * (ended - began) for began, ended in pairwise(edges)]
    so_far = list(accumulate(activity))
    shares = [reached / so_far[-1] for reached in so_far]
    return [Slot(*slot) for slot in zip(edges, edges[1:], shares, strict=False)]


def _rough_edges(life: NormalLife, slots: list[Slot], events_a_day: float) -> dict[int, list[RoughEdge]]:
    days = (slots[-1].ended - slots[0].began) / DAY
    scale = min(1.0, events_a_day / EVENTS_A_DAY_FOR_FULL_RATES) * days
    rough: dict[int, list[RoughEdge]] = defaultdict(list)
    shares = [slot.share for slot in slots]
    for happens, rate in RATES_PER_DAY.items():
        for _ in range(int(rate * scale + life.rng.random())):
            rough[life.rng.choices(slots, cum_weights=shares)[0].began].append(happens)
    return rough


def _stories(life: NormalLife, slot: Slot, quota: int, rough: list[RoughEdge]) -> Iterator[Story]:
    """Generates activity until it has ``quota`` events; an excess is deducted from the next slot."""
    generated = 0
    for happens in rough:
        story = happens(life, _moment(life, slot))
        generated += len(story)
        yield story
    # in order of time, so that later activity can close what earlier activity opened; the number is an estimate
    expected = int((quota - generated) / _EVENTS_A_STORY + life.rng.random())
    moments = sorted(_moment(life, slot) for _ in range(expected))
    while generated < quota:
        story = life.story(moments.pop(0) if moments else _moment(life, slot))
        generated += len(story)
        yield story


def _moment(life: NormalLife, slot: Slot) -> int:
    return slot.began + int(life.rng.random() * (slot.ended - STORY_MS - slot.began))
