"""Which sources feed each rule, whether they are alive, and which rules are blind."""

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import UTC
from typing import Final

from mcm_api.database import DatabaseReader
from mcm_api.sources.overview import list_fed
from mcm_api.sources.queries import SEEN_DAYS, read_samples, read_seen_types
from mcm_api.sources.schemas import BlindRule, FeedingSource, RuleSources, SourceDetails
from mcm_rules_engine import Ruleset, UnseenField, asked_types, counted_rules, feeding_sources, unseen_fields
from mcm_shared.contracts.events import EVENT_TYPES, ID_REUSED
from mcm_shared.suggestions import did_you_mean

_ALIVE: Final = ("ok", "late")


async def list_blind_rules(reader: DatabaseReader, ruleset: Ruleset) -> list[BlindRule]:
    """Returns the active rules that cannot match, because no source feeds them or none that does is alive, by name."""
    seen = await read_seen_types(reader)
    feeds = feeding_sources(ruleset, seen)
    by_feed = _by_feed(await list_fed(reader, ruleset, feeds))
    blind = [(rule, _blind(ruleset, rule.id, _feeding(feeds[rule.id], by_feed), seen)) for rule in ruleset.all]
    found = [
        BlindRule(rule_id=rule.id, rule_name=rule.name, title=rule.title, reason=reason)
        for rule, reason in blind
        if reason is not None and rule.raises_finding
    ]
    return sorted(found, key=lambda rule: rule.rule_name)


async def read_rule_sources(reader: DatabaseReader, ruleset: Ruleset, name: str) -> RuleSources | None:
    """Returns the sources that feed an active rule, by its name or id; None where there is none."""
    rule = next((rule for rule in ruleset.all if name in (rule.name, rule.id)), None)
    if rule is None:
        return None
    seen = await read_seen_types(reader)
    feeds = feeding_sources(ruleset, seen)
    feeding = _feeding(feeds[rule.id], _by_feed(await list_fed(reader, ruleset, feeds)))
    blind = _blind(ruleset, rule.id, feeding, seen)
    unseen = await _unseen(reader, ruleset, rule.id, feeding, seen) if blind is None else []
    missing = [field for field in unseen if field.is_required]
    if missing and len({field.rule_name for field in missing}) == len(counted_rules(ruleset, rule.id)):
        blind = "; ".join(map(_words, missing))
    return RuleSources(
        sources=[FeedingSource(name=one.name, state=one.state, last_event_at=one.last_event_at) for one in feeding],
        blind=blind,
        hints=[_words(field) for field in unseen],
    )


async def _unseen(
    reader: DatabaseReader,
    ruleset: Ruleset,
    rule_id: str,
    feeding: Sequence[SourceDetails],
    seen: Mapping[str, Set[str]],
) -> list[UnseenField]:
    unseen: list[UnseenField] = []
    for rule in counted_rules(ruleset, rule_id):
        asked = asked_types(rule)
        own = rule.log_source.source
        common: dict[str, UnseenField] | None = None
        for source in feeding:
            for feed in source.feeds:
                if source.last_event_at is not None and own in (None, feed):
                    hour = source.last_event_at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
                    sent = {kind for kind in seen.get(feed, ()) if asked and kind.casefold() in asked}
                    # the payloads of one source at a time are in memory
                    if events := await read_samples(reader, feed, hour, None if asked is None else sent):
                        common = _also_unseen(common, unseen_fields(rule, events))
        unseen += (common or {}).values()
    return unseen


def _also_unseen(before: dict[str, UnseenField] | None, here: Iterable[UnseenField]) -> dict[str, UnseenField]:
    """Keeps the fields that no source before has had either, with a suggestion where a source offers one."""
    if before is None:
        return {one.field: one for one in here}
    both = [(before[one.field], one) for one in here if one.field in before]
    return {one.field: one if one.suggestion else other for one, other in both}


def _words(field: UnseenField) -> str:
    suggestion = "" if field.suggestion is None else f", did you mean {field.suggestion}?"
    return f"{field.rule_name} reads the field {field.field}, which no recent event has{suggestion}"


def _by_feed(sources: Iterable[SourceDetails]) -> dict[str, list[SourceDetails]]:
    by_feed: dict[str, list[SourceDetails]] = {}
    for source in sources:
        for feed in source.feeds:
            by_feed.setdefault(feed, []).append(source)
    return by_feed


def _feeding(feeds: Iterable[str], by_feed: Mapping[str, Sequence[SourceDetails]]) -> list[SourceDetails]:
    found = {source.name: source for feed in feeds for source in by_feed.get(feed, ())}
    return [found[name] for name in sorted(found)]


def _blind(
    ruleset: Ruleset, rule_id: str, feeding: Sequence[SourceDetails], seen: Mapping[str, Set[str]]
) -> str | None:
    if not feeding:
        asked = {kind for one in counted_rules(ruleset, rule_id) for kind in asked_types(one) or ()}
        # the engine itself raises these once there is a reason
        return None if asked == {ID_REUSED} else _not_fed(ruleset, rule_id, seen)
    if any(source.state in _ALIVE for source in feeding):
        return None
    return "; ".join(f"the source {one.name} is {one.state.replace('_', ' ')}" for one in feeding)


def _not_fed(ruleset: Ruleset, rule_id: str, seen: Mapping[str, Set[str]]) -> str:
    rules = counted_rules(ruleset, rule_id)
    sources = sorted({rule.log_source.source for rule in rules if rule.log_source.source is not None})
    if sources:
        return f"no source sends {' or '.join(sources)}; connect one"
    asked = sorted({kind for rule in rules for kind in asked_types(rule) or ()})
    known = sorted({kind for sent in seen.values() for kind in sent})
    if not asked or not known:
        return "no source has sent an event; connect one"
    misspelt = [kind for kind in asked if kind not in EVENT_TYPES]
    suggestion = next(filter(None, (did_you_mean(kind, known) for kind in misspelt)), "")
    return f"no source has sent an event of the type {' or '.join(asked)} in {SEEN_DAYS} days{suggestion}"
