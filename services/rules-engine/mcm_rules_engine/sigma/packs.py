"""Overrides by packs: a pack replaces a built-in rule by its id, and ``enabled: false`` disables one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar
from uuid import UUID

from mcm_rules_engine.sigma.model.correlation import Correlation
from mcm_rules_engine.sigma.model.rule import Rule
from mcm_rules_engine.sigma.parse.documents import Document, Problem
from mcm_shared.suggestions import did_you_mean

RuleT = TypeVar("RuleT", Rule, Correlation)

_DEFINITIONS: Final = ("detection", "correlation", "filter", "action")


@dataclass(frozen=True, slots=True)
class DisabledRules:
    """Ids of rules that a pack disables."""

    ids: frozenset[str]

    def without(
        self, rules: Sequence[Rule], correlations: Sequence[Correlation]
    ) -> tuple[list[Rule], list[Correlation]]:
        """Leaves out the disabled rules; one that an active correlation counts stays, without findings."""
        needed = {one.id for one in correlations if one.id not in self.ids}
        # a correlation comes after those it counts
        for correlation in reversed(correlations):
            if correlation.id in needed:
                needed |= {member.rule_id for series in correlation.inputs for member in series.members}
        return (
            [self._without_findings(rule) for rule in rules if rule.id not in self.ids or rule.id in needed],
            [self._without_findings(one) for one in correlations if one.id not in self.ids or one.id in needed],
        )

    def _without_findings(self, rule: RuleT) -> RuleT:
        return replace(rule, raises_finding=False) if rule.id in self.ids else rule


def pack_overrides(
    builtin: Sequence[Document], packs: Sequence[Document], problems: list[Problem]
) -> tuple[list[Document], DisabledRules]:
    """Returns the active documents and the disabled rules; mistakes go to ``problems``."""
    on: list[Document] = []
    off: list[Document] = []
    for document in packs:
        enabled = document.data.get("enabled", True)
        if not isinstance(enabled, bool):
            problems.append(document.problem(("enabled",), f"must be true or false, not {enabled!r}"))
        (on if enabled else off).append(document)
    replaced = {_id(document) for document in on} - {None}
    documents = [document for document in builtin if _id(document) not in replaced] + on
    known = {_id(document) for document in documents}
    problems.extend(
        _no_such_rule(document, documents)
        for document in off
        if _id(document) not in known and not any(key in document.data for key in _DEFINITIONS)
    )
    return documents, DisabledRules(frozenset(identity for document in off if (identity := _id(document))))


def _id(document: Document) -> str | None:
    try:
        return str(UUID(document.data.get("id")))
    except (TypeError, ValueError, AttributeError):
        return None


def _no_such_rule(document: Document, documents: Sequence[Document]) -> Problem:
    said = document.data.get("id", document.data.get("name"))
    ids = {str(each.data["name"]): str(each.data.get("id")) for each in documents if "name" in each.data}
    if said is None:
        return document.problem(("enabled",), "needs the id of the rule to disable")
    if str(said) in ids:
        return document.problem(("id",), f"the rule {said!r} is disabled by its id: {ids[str(said)]}")
    known = [*ids, *ids.values()]
    return document.problem(("id",), f"no rule has the id {said!r}{did_you_mean(str(said), known)}")
