"""Links correlations to the rules they count, by id, name or title."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from mcm_rules_engine.sigma.build_correlation import ParsedCorrelation, build_correlation
from mcm_rules_engine.sigma.identities import titles_of
from mcm_rules_engine.sigma.model.correlation import Correlation
from mcm_rules_engine.sigma.model.rule import Rule
from mcm_rules_engine.sigma.parse.documents import Document, Problem
from mcm_rules_engine.sigma.parse.metadata import Metadata
from mcm_rules_engine.sigma.parse.references import reference_key
from mcm_shared.suggestions import did_you_mean

_AT_RULES: Final = ("correlation", "rules")


class RuleLinker:
    """Gathers rules and links correlations to what they count; mistakes go to ``problems``.

    ``foreign`` are the rules that were left out since their log source does not exist here; a published correlation
    over one of them goes to ``skipped``.
    """

    def __init__(
        self,
        declared: Sequence[Document],
        foreign: Iterable[Document],
        problems: list[Problem],
        skipped: list[Problem],
    ) -> None:
        self._problems = problems
        self._skipped = skipped
        self._titles, self._shared_titles = titles_of(
            each for each in declared if "filter" not in each.data and "title" in each.data
        )
        self._declared = _references(declared) | self._titles.keys()
        self._foreign = _references(foreign) | {str(document.data.get("title")) for document in foreign}
        self._rules: list[Rule] = []
        self._ids: dict[str, tuple[str, str]] = {}
        self._names: dict[str, tuple[str, str]] = {}
        self._known: dict[str, Rule | Correlation] = {}
        self._parsed: dict[str, ParsedCorrelation] = {}
        self._in_circles: set[str] = set()

    def add(self, document: Document, rule: Rule) -> None:
        """Adds a rule, unless its id or name is taken."""
        if self._is_free(document, rule.id, rule.name, rule.title):
            self._rules.append(rule)
            self._known |= dict.fromkeys(self._references_of(rule), rule)

    def link(self, parsed_correlations: Sequence[ParsedCorrelation]) -> tuple[list[Rule], list[Correlation]]:
        """Builds the correlations, each after those it counts; a rule that is counted raises no findings of its own.

        A correlation with ``generate`` leaves its rules their findings.
        """
        accepted = []
        for parsed in parsed_correlations:
            metadata = parsed.metadata
            if self._is_free(parsed.document, metadata.id, metadata.name, metadata.title):
                accepted.append(parsed)
                self._parsed |= dict.fromkeys(self._references_of(metadata), parsed)
        correlations: list[Correlation] = []
        for parsed in accepted:
            self._build(parsed, (), correlations)
        counted, generating = self._counted(accepted)
        rules = [replace(rule, raises_finding=_raises(rule, counted, generating)) for rule in self._rules]
        return rules, [replace(one, raises_finding=_raises(one, counted, generating)) for one in correlations]

    def check_references(self, document: Document, at: tuple[str, ...], references: Iterable[str]) -> None:
        """Reports the references of a document that no rule has."""
        for reference in references:
            if reference not in self._declared and reference not in self._foreign:
                self._problems.append(document.problem(at, self._no_rule(reference)))

    def _build(self, parsed: ParsedCorrelation, above: tuple[str, ...], built: list[Correlation]) -> None:
        identity = parsed.metadata.id
        if identity in self._known or identity in self._in_circles:
            return
        if identity in above:
            circle = (*above[above.index(identity) :], identity)
            self._in_circles.update(circle)
            names = " → ".join(self._parsed[one].metadata.name for one in circle)
            self._problems.append(parsed.document.problem(_AT_RULES, f"the correlations count each other: {names}"))
            return
        for reference in parsed.keys.rules:
            if reference in self._parsed:
                self._build(self._parsed[reference], (*above, identity), built)
        if not self._has_members(parsed):
            return
        members = {reference: self._known[reference] for reference in parsed.keys.rules}
        correlation, wrong = build_correlation(parsed, members)
        self._problems.extend(wrong)
        if correlation is not None and identity not in self._known:
            self._known |= dict.fromkeys(self._references_of(parsed.metadata), correlation)
            built.append(correlation)

    def _has_members(self, parsed: ParsedCorrelation) -> bool:
        missing = [reference for reference in parsed.keys.rules if reference not in self._known]
        foreign = [reference for reference in missing if reference in self._foreign]
        if foreign and parsed.document.in_folder and parsed.document.is_published:
            what = f"the rule {foreign[0]!r} is skipped: its log source does not exist here"
            self._skipped.append(parsed.document.problem(_AT_RULES, what))
            self._foreign |= {parsed.metadata.id, parsed.metadata.name, parsed.metadata.title}
            return False
        for reference in missing:
            if reference in self._parsed and self._parsed[reference].metadata.id in self._in_circles:
                continue
            if reference in self._foreign:
                what = f"the rule {reference!r} is skipped: its log source does not exist here"
            elif reference in self._declared:
                what = f"the rule {reference!r} cannot be loaded itself"
            else:
                what = self._no_rule(reference)
            self._problems.append(parsed.document.problem(_AT_RULES, what))
        distinct = {self._known[reference].id for reference in parsed.keys.rules if reference in self._known}
        if not missing and len(distinct) < len(parsed.keys.rules):
            self._problems.append(parsed.document.problem(_AT_RULES, "names a rule twice"))
            return False
        return not missing

    def _no_rule(self, reference: str) -> str:
        if reference in self._shared_titles:
            return f"several rules have the title {reference!r}: refer to one by its id"
        return f"no rule has the id, name or title {reference!r}{did_you_mean(reference, self._declared)}"

    def _references_of(self, rule: Rule | Correlation | Metadata) -> list[str]:
        # an id or name goes before the title of another rule
        has_title = rule.title in self._titles and rule.title not in (self._ids.keys() | self._names.keys())
        return [rule.id, rule.name, *([rule.title] if has_title else [])]

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


def _references(documents: Iterable[Document]) -> set[str]:
    return {reference_key(str(each.data[key])) for each in documents for key in ("id", "name") if key in each.data}


def _raises(rule: Rule | Correlation, counted: set[str], generating: set[str]) -> bool:
    return rule.raises_finding and (rule.id not in counted or rule.id in generating)
