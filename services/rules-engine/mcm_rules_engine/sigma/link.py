"""Rules by id and name, and the correlations that refer to them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from mcm_rules_engine.sigma.build_correlation import ParsedCorrelation, build_correlation
from mcm_rules_engine.sigma.model.correlation import Correlation
from mcm_rules_engine.sigma.model.rule import Rule
from mcm_rules_engine.sigma.parse.documents import Document, Problem
from mcm_shared.suggestions import did_you_mean

_AT_RULES: Final = ("correlation", "rules")


class RuleLinker:
    """Gathers rules and links correlations to what they count; mistakes go to ``problems``."""

    def __init__(self, declared: Iterable[Document], problems: list[Problem]) -> None:
        self._problems = problems
        self._declared = {str(document.data.get(key)) for document in declared for key in ("id", "name")}
        self._rules: list[Rule] = []
        self._ids: dict[str, tuple[str, str]] = {}
        self._names: dict[str, tuple[str, str]] = {}
        self._known: dict[str, Rule | Correlation] = {}
        self._drafts: dict[str, ParsedCorrelation] = {}
        self._in_circles: set[str] = set()

    def add(self, document: Document, rule: Rule) -> None:
        """Adds a rule, unless its id or name is taken."""
        if self._is_free(document, rule.id, rule.name, rule.title):
            self._rules.append(rule)
            self._known[rule.id] = self._known[rule.name] = rule

    def link(self, parsed_correlations: Sequence[ParsedCorrelation]) -> tuple[list[Rule], list[Correlation]]:
        """Builds the correlations, each after those it counts; a rule that is counted raises no findings of its own.

        A correlation that says ``generate`` leaves its rules their findings.
        """
        accepted = []
        for parsed in parsed_correlations:
            metadata = parsed.metadata
            if self._is_free(parsed.document, metadata.id, metadata.name, metadata.title):
                accepted.append(parsed)
                self._drafts[metadata.id] = self._drafts[metadata.name] = parsed
        correlations: list[Correlation] = []
        for parsed in accepted:
            self._build(parsed, (), correlations)
        counted, generating = self._counted(accepted)
        rules = [replace(rule, raises_finding=_raises(rule, counted, generating)) for rule in self._rules]
        return rules, [replace(one, raises_finding=_raises(one, counted, generating)) for one in correlations]

    def _build(self, parsed: ParsedCorrelation, above: tuple[str, ...], built: list[Correlation]) -> None:
        identity = parsed.metadata.id
        if identity in self._known or identity in self._in_circles:
            return
        if identity in above:
            circle = (*above[above.index(identity) :], identity)
            self._in_circles.update(circle)
            names = " → ".join(self._drafts[one].metadata.name for one in circle)
            self._problems.append(parsed.document.problem(_AT_RULES, f"the correlations count each other: {names}"))
            return
        for reference in parsed.keys.rules:
            if reference in self._drafts:
                self._build(self._drafts[reference], (*above, identity), built)
        if not self._has_members(parsed):
            return
        members = {reference: self._known[reference] for reference in parsed.keys.rules}
        correlation, wrong = build_correlation(parsed, members)
        self._problems.extend(wrong)
        if correlation is not None and identity not in self._known:
            self._known[correlation.id] = self._known[correlation.name] = correlation
            built.append(correlation)

    def _has_members(self, parsed: ParsedCorrelation) -> bool:
        missing = [reference for reference in parsed.keys.rules if reference not in self._known]
        for reference in missing:
            if reference in self._drafts and self._drafts[reference].metadata.id in self._in_circles:
                continue
            if reference in self._declared:
                what = f"the rule {reference!r} cannot be loaded itself"
            else:
                what = f"no rule has the id or name {reference!r}{did_you_mean(reference, self._declared)}"
            self._problems.append(parsed.document.problem(_AT_RULES, what))
        return not missing

    def _counted(self, parsed_correlations: Sequence[ParsedCorrelation]) -> tuple[set[str], set[str]]:
        counted: set[str] = set()
        generating: set[str] = set()
        for parsed in parsed_correlations:
            ids = {self._known[reference].id for reference in parsed.keys.rules if reference in self._known}
            counted |= ids
            if parsed.keys.generate:
                generating |= ids
        return counted, generating

    def _is_free(self, document: Document, identity: str, name: str, title: str) -> bool:
        free = True
        for key, value, taken in (("id", identity, self._ids), ("name", name, self._names)):
            if value in taken:
                known_title, path = taken[value]
                self._problems.append(document.problem((key,), f"is that of another rule, {known_title!r} in {path}"))
                free = False
        if free:
            self._ids[identity] = self._names[name] = (title, document.path)
        return free


def _raises(rule: Rule | Correlation, counted: set[str], generating: set[str]) -> bool:
    return rule.raises_finding and (rule.id not in counted or rule.id in generating)
