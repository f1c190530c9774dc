"""What feeds a rule: the sources whose events it can match, and the fields it reads that their events lack."""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any, Final

from mcm_rules_engine.sigma.compile.fields import RESERVED, EventView, is_derived, presence_test
from mcm_rules_engine.sigma.model.correlation import Kind
from mcm_rules_engine.sigma.model.rule import Rule
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.suggestions import close_to

_MAX_DEPTH: Final = 6
_LIKELY: Final = 0.6


@dataclass(frozen=True, slots=True)
class UnseenField:
    """A field that no event has; ``suggestion`` is one that they have and that is spelled alike."""

    rule_name: str
    field: str
    suggestion: str | None
    is_required: bool


def feeding_sources(ruleset: Ruleset, seen: Mapping[str, Set[str]]) -> dict[str, frozenset[str]]:
    """Finds the sources that feed each rule, by its id; ``seen`` are the types of events that each source has sent.

    A rule for a log source is fed by that source. A rule over all events is fed by the sources that have sent a type
    it asks for, and a correlation by those of the rules that it counts. All sources feed behaviour profiles.
    """
    feeds = {rule.id: _feeding(rule, seen) for rule in ruleset.rules}
    for correlation in sorted(ruleset.correlations, key=lambda one: one.depth):
        if correlation.kind is Kind.UNUSUAL_BEHAVIOUR:
            feeds[correlation.id] = frozenset(seen)
            continue
        members = [member.rule_id for series in correlation.inputs for member in series.members]
        feeds[correlation.id] = frozenset().union(*(feeds[member] for member in members))
    return feeds


def counted_rules(ruleset: Ruleset, rule_id: str) -> list[Rule]:
    """Lists the single-event rules behind a rule: itself, or those that a correlation counts on any level."""
    members = {
        one.id: {member.rule_id for series in one.inputs for member in series.members} for one in ruleset.correlations
    }
    found, waiting = set[str](), {rule_id}
    while waiting:
        found |= waiting
        waiting = {member for each in waiting for member in members.get(each, ())} - found
    return [rule for rule in ruleset.rules if rule.id in found]


def asked_types(rule: Rule) -> frozenset[str] | None:
    """Returns the types of events, in lower case, that a rule over all events asks for; None where it asks for none."""
    types = rule.required.get("event_type") if rule.log_source.source is None else None
    return None if types is None else frozenset(types)


def unseen_fields(rule: Rule, events: Iterable[SourceEvent]) -> list[UnseenField]:
    """Finds the fields that a rule reads and no event has."""
    views = [EventView(event) for event in events]
    space = rule.log_source.space
    known: set[str] | None = None
    unseen = []
    for field in sorted(rule.reads):
        if is_derived(space, field):
            # there only where it says something
            continue
        is_there = presence_test(space, field)
        if (space == "activity" and field in RESERVED) or not views or any(map(is_there, views)):
            continue
        if known is None:
            known = {path for view in views for path in _paths(view.root(space), "", 0)}
        unseen.append(UnseenField(rule.name, field, close_to(field, sorted(known), _LIKELY), field in rule.required))
    return unseen


def _feeding(rule: Rule, seen: Mapping[str, Set[str]]) -> frozenset[str]:
    if rule.log_source.source is not None:
        return frozenset({rule.log_source.source})
    types, sources = asked_types(rule), rule.required.get("source")
    return frozenset(
        source
        for source, sent in seen.items()
        if (types is None or not types.isdisjoint(each.casefold() for each in sent))
        and (sources is None or source.casefold() in sources)
    )


def _paths(node: Any, prefix: str, depth: int) -> Iterator[str]:
    if isinstance(node, list):
        for element in node[:10]:
            yield from _paths(element, prefix, depth)
    elif isinstance(node, Mapping) and depth < _MAX_DEPTH:
        for key, value in node.items():
            path = f"{prefix}.{key}" if prefix else str(key)
            yield path
            yield from _paths(value, path, depth + 1)
