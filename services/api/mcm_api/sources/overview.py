"""Puts together what is known about each source: health, activity and dependent rules."""

from collections import Counter
from collections.abc import Mapping, Set
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from mcm_api.database import DatabaseReader
from mcm_api.sources.health import health_of, usual_of
from mcm_api.sources.queries import (
    DAYS,
    SourceActivity,
    StoredSources,
    read_lags,
    read_last_events,
    read_seen_types,
    read_stored_sources,
)
from mcm_api.sources.schemas import (
    DependentRule,
    SourceBackfill,
    SourceDay,
    SourceDetails,
    SourceLag,
    SourceResponse,
)
from mcm_rules_engine import Ruleset, feeding_sources, silence_series

_LIVE: Final = "live"
_BACKFILL: Final = "backfill"


async def list_all_sources(reader: DatabaseReader, ruleset: Ruleset, *, only: str | None = None) -> list[SourceDetails]:
    """Returns every source with a connector and the most active ones of pushed events, by name; or ``only`` the one."""
    feeding = feeding_sources(ruleset, await read_seen_types(reader))
    return await list_fed(reader, ruleset, feeding, only=only)


async def list_fed(
    reader: DatabaseReader, ruleset: Ruleset, feeding: Mapping[str, Set[str]], *, only: str | None = None
) -> list[SourceDetails]:
    """Like ``list_all_sources``, where the sources that feed each rule are known, by its id."""
    stored = await read_stored_sources(reader, silence_series(ruleset), only)
    feeds = {name: list(lanes[_LIVE].feeds) for name, lanes in stored.lanes.items()}
    fed = {feed for several in feeds.values() for feed in several}
    feeds |= {name: [name] for name in stored.activity if name not in fed}
    feeders = Counter(feed for several in feeds.values() for feed in several)
    rules = _rules_by_source(ruleset, feeding)
    shown = {name: feeds[name] for name in sorted(feeds) if only in (None, name)}
    active = {feed: stored.activity.get(feed, SourceActivity()).hours for several in shown.values() for feed in several}
    last_events = await read_last_events(reader, {feed: hours[-1] for feed, hours in active.items() if hours})
    return [_source(stored, name, several, last_events, feeders, rules) for name, several in shown.items()]


async def read_details(reader: DatabaseReader, ruleset: Ruleset, name: str) -> SourceDetails | None:
    """Returns one source with the lag of its events; None where there is none of that name."""
    found = next(iter(await list_all_sources(reader, ruleset, only=name)), None)
    if found is None or found.last_event_at is None:
        return found
    lags = await read_lags(reader, found.feeds, found.last_event_at)
    if lags:
        lag = SourceLag(p50_s=lags[len(lags) // 2], p95_s=lags[min(len(lags) - 1, len(lags) * 95 // 100)])
        return found.model_copy(update={"lag": lag})
    return found


def short(source: SourceDetails) -> SourceResponse:
    """Leaves out what only the page of one source shows."""
    return SourceResponse.model_validate(source.model_dump(include=set(SourceResponse.model_fields)))


def _rules_by_source(ruleset: Ruleset, feeding: Mapping[str, Set[str]]) -> dict[str, list[Any]]:
    """Groups the rules that one source of events feeds alone by that source."""
    by_source: dict[str, list[Any]] = {}
    for rule in ruleset.all:
        if rule.raises_finding and len(feeding[rule.id]) == 1:
            (source,) = feeding[rule.id]
            by_source.setdefault(source, []).append(rule)
    return by_source


def _source(
    stored: StoredSources,
    name: str,
    feeds: list[str],
    last_events: Mapping[str, datetime],
    feeders: Counter[str],
    rules: dict[str, list[Any]],
) -> SourceDetails:
    lanes = stored.lanes.get(name, {})
    lane, backfill = lanes.get(_LIVE), lanes.get(_BACKFILL)
    activities = [stored.activity.get(feed, SourceActivity()) for feed in feeds]
    silences = [stored.silences[feed] for feed in feeds if feed in stored.silences]
    silent_after = max((each.after for each in silences), default=None)
    silent_for = max((each.after for each in silences if each.is_standing), default=None)
    last_event_at = max((last_events[feed] for feed in feeds if feed in last_events), default=None)
    health = health_of(lane, backfill, last_event_at, silent_for, datetime.now(UTC))
    end = None if stored.newest is None else stored.newest.date()
    shown = [] if end is None else [end - timedelta(days=DAYS - 1 - number) for number in range(DAYS)]
    counts = [sum(each.days.get(day, 0) for each in activities) for day in shown]
    dependent = [rule for feed in feeds if feeders[feed] == 1 for rule in rules.get(feed, [])]
    controls = sorted({tag for rule in dependent for tag in rule.tags if not tag.startswith("attack.")})
    return SourceDetails(
        name=name,
        connector=None if lane is None else lane.connector,
        feeds=feeds,
        state=health.state,
        reason=health.reason,
        last_event_at=last_event_at,
        last_poll_at=None if lane is None else lane.polled_at,
        complete_until=None if lane is None else lane.complete_until,
        failing_since=None if lane is None else lane.failing_since,
        silent_after_s=None if silent_after is None else silent_after.total_seconds(),
        records=None if lane is None else sum(each.records for each in lanes.values()),
        refused=None if lane is None else sum(each.refused for each in lanes.values()),
        events_per_day=[SourceDay(date=day, count=count) for day, count in zip(shown, counts, strict=True)],
        usual_per_day=usual_of(counts),
        backfill=None
        if backfill is None
        else SourceBackfill(complete_from=backfill.complete_from, done=backfill.done, records=backfill.records),
        dependent_rules=len(dependent),
        dependent_controls=len(controls),
        lag=None,
        rules=[
            DependentRule(rule_id=rule.id, rule_name=rule.name, title=rule.title)
            for rule in sorted(dependent, key=lambda rule: str(rule.name))
        ],
        controls=controls,
    )
