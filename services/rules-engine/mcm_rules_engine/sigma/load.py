"""Loading of rules: the built-in ones and packs, with every mistake reported at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mcm_rules_engine.sigma.build import Filter, build_filter, build_rule
from mcm_rules_engine.sigma.build_correlation import ParsedCorrelation, read_correlation
from mcm_rules_engine.sigma.link import RuleLinker
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_rules_engine.sigma.packs import DisabledRules, pack_overrides
from mcm_rules_engine.sigma.parse.documents import Document, Problem, parse_documents, read_documents
from mcm_shared.errors import RuleLoadError
from mcm_shared.suggestions import did_you_mean

BUILTIN: Final = Path(__file__).resolve().parent.parent / "rules"
"""The folder of the built-in rules."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What loading came to: the good rules, every mistake in the others, by file and line, and how many filters."""

    ruleset: Ruleset
    problems: list[Problem]
    filters: int


def load_rules(paths: Sequence[Path] = (), builtin: bool = True) -> Ruleset:
    """Loads packs (rule files and folders of them) beside the built-in rules.

    A rule of a pack replaces the built-in rule with its id. Raises one RuleLoadError that lists everything wrong in
    all of them.
    """
    return _all_or_nothing(collect_rules(paths, builtin))


def parse_rules(text: str, name: str = "rule.yml") -> Ruleset:
    """Loads rules from YAML text alone; raises one RuleLoadError that lists everything wrong under ``name``."""
    return _all_or_nothing(_load((), parse_documents(text, name), []))


def collect_rules(paths: Sequence[Path] = (), builtin: bool = True) -> Collected:
    """Loads what can be loaded."""
    problems: list[Problem] = []
    builtin_files = rule_files([BUILTIN], problems) if builtin else []
    known = {file.resolve() for file in builtin_files}
    files = [file for file in rule_files(paths, problems) if file.resolve() not in known]
    return _load(_read(builtin_files), _read(files), problems)


def rule_files(paths: Sequence[Path], problems: list[Problem]) -> list[Path]:
    """Lists the rule files of packs, each once; a pack without any goes to ``problems``."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            found = sorted(each for each in path.rglob("*") if _is_rule_file(each.relative_to(path)) and each.is_file())
            if not found:
                problems.append(Problem(str(path), None, None, "the folder holds no .yml or .yaml file"))
            files.extend(found)
        elif path.is_file():
            files.append(path)
        else:
            problems.append(Problem(str(path), None, None, "there is no such file or folder"))
    return list({file.resolve(): file for file in files}.values())


def shown(path: Path) -> str:
    """Names a rule file as its rules and their mistakes do: a built-in one the same wherever it is installed."""
    resolved = path.resolve()
    return str(resolved.relative_to(BUILTIN.parent.parent) if resolved.is_relative_to(BUILTIN) else path)


def _read(files: Iterable[Path]) -> Iterable[Document | Problem]:
    return (read for file in files for read in read_documents(file, shown(file)))


def _load(
    builtin: Iterable[Document | Problem], packs: Iterable[Document | Problem], problems: list[Problem]
) -> Collected:
    documents, off = pack_overrides(_readable(builtin, problems), _readable(packs, problems), problems)
    collected = _build(documents, off, problems)
    problems.sort(key=lambda problem: (problem.path, problem.line or 0))
    return collected


def _readable(read: Iterable[Document | Problem], problems: list[Problem]) -> list[Document]:
    documents: list[Document] = []
    for each in read:
        if isinstance(each, Problem):
            problems.append(each)
        else:
            documents.append(each)
    return documents


def _all_or_nothing(collected: Collected) -> Ruleset:
    problems = collected.problems
    if problems:
        count = "a rule cannot be loaded" if len(problems) == 1 else f"{len(problems)} mistakes in rules"
        raise RuleLoadError("\n  ".join([f"{count}:", *map(str, problems)]))
    return collected.ruleset


def _is_rule_file(below: Path) -> bool:
    # mounted configuration keeps its copies in folders that begin with dots
    return below.suffix in (".yml", ".yaml") and not any(part.startswith(".") for part in below.parts)


def _build(documents: list[Document], off: DisabledRules, problems: list[Problem]) -> Collected:
    filters: list[Filter] = []
    plain: list[Document] = []
    parsed_correlations: list[ParsedCorrelation] = []
    for document in documents:
        if "correlation" in document.data:
            parsed, wrong = read_correlation(document)
            problems.extend(wrong)
            parsed_correlations.extend([parsed] if parsed else [])
        elif "action" in document.data:
            problems.append(document.problem(("action",), "was left behind by Sigma 2: write each rule out"))
        elif "filter" in document.data:
            built_filter, wrong = build_filter(document)
            problems.extend(wrong)
            filters.extend([built_filter] if built_filter else [])
        else:
            plain.append(document)
    named = RuleLinker(documents, problems)
    for document in plain:
        rule, wrong = build_rule(document, filters)
        problems.extend(wrong)
        if rule is not None:
            named.add(document, rule)
    _require_named_rules(filters, plain, problems)
    rules, correlations = off.without(*named.link(parsed_correlations))
    return Collected(Ruleset(rules, correlations), problems, len(filters))


def _require_named_rules(filters: list[Filter], plain: list[Document], problems: list[Problem]) -> None:
    known = {str(document.data[key]) for document in plain for key in ("id", "name") if key in document.data}
    for each in filters:
        for reference in each.rules or ():
            if reference not in known:
                what = f"no rule has the id or name {reference!r}{did_you_mean(reference, known)}"
                problems.append(each.document.problem(("filter", "rules"), what))
