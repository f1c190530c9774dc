"""Loading of rules: the built-in ones and packs, with every mistake reported at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from mcm_rules_engine.sigma.build import build_rule
from mcm_rules_engine.sigma.build_correlation import ParsedCorrelation, read_correlation
from mcm_rules_engine.sigma.build_filter import Filter, build_filter
from mcm_rules_engine.sigma.compile.log_sources import read_log_sources
from mcm_rules_engine.sigma.identities import with_ids, with_names
from mcm_rules_engine.sigma.link import RuleLinker
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_rules_engine.sigma.packs import pack_overrides
from mcm_rules_engine.sigma.parse.documents import Document, Problem, parse_documents, read_documents
from mcm_rules_engine.sigma.parse.files import rule_files
from mcm_rules_engine.sigma.unsupported import UnknownSourceError, UnsupportedError
from mcm_shared.errors import RuleLoadError

BUILTIN: Final = Path(__file__).resolve().parent.parent / "rules"
"""The folder of the built-in rules."""

_SIGMA_1: Final = "is written in Sigma 1, whose pipes, time frames and actions Sigma 2 replaced by correlations"


@dataclass(frozen=True, slots=True)
class Collected:
    """Result of loading: the good rules, every mistake in the others by file and line, and how many filters.

    ``skipped`` are the published rules of folders for log sources that do not exist here, and those in Sigma 1.
    ``dropped`` are the mistakes in what a lenient load left out.
    """

    ruleset: Ruleset
    problems: list[Problem]
    filters: int
    skipped: list[Problem] = field(default_factory=list)
    dropped: list[Problem] = field(default_factory=list)


def load_rules(paths: Sequence[Path] = (), builtin: bool = True) -> Ruleset:
    """Loads packs (rule files and folders of them) beside the built-in rules.

    A rule of a pack replaces the built-in rule with its id. Raises one RuleLoadError that lists everything wrong in
    all of them.
    """
    return all_or_nothing(collect_rules(paths, builtin))


def parse_rules(text: str, name: str = "rule.yml") -> Ruleset:
    """Loads rules from YAML text alone; raises one RuleLoadError that lists everything wrong under ``name``."""
    return all_or_nothing(_load((), parse_documents(text, name), [], lenient=False))


def build_documents(documents: Sequence[Document]) -> Collected:
    """Compiles parsed documents; leaves out those that hold a mistake, and what needs them."""
    return _load((), documents, [], lenient=True)


def collect_rules(paths: Sequence[Path] = (), builtin: bool = True, *, lenient: bool = False) -> Collected:
    """Loads what can be loaded; ``lenient`` leaves out the rules of packs that hold a mistake, and what needs them."""
    problems: list[Problem] = []
    builtin_files = rule_files([BUILTIN], problems) if builtin else []
    known = {file.resolve() for file in builtin_files}
    named = {path.resolve() for path in paths if path.is_file()}
    files = [file for file in rule_files(paths, problems) if file.resolve() not in known]
    packs = (
        read for file in files for read in read_documents(file, shown(file), in_folder=file.resolve() not in named)
    )
    builtin_documents = (read for file in builtin_files for read in read_documents(file, shown(file)))
    return _load(builtin_documents, packs, problems, lenient=lenient)


def shown(path: Path) -> str:
    """Names a rule file as its rules and their mistakes do: a built-in one the same wherever it is installed."""
    resolved = path.resolve()
    return str(resolved.relative_to(BUILTIN.parent.parent) if resolved.is_relative_to(BUILTIN) else path)


def all_or_nothing(collected: Collected) -> Ruleset:
    """Returns the rules; raises one RuleLoadError that lists every mistake."""
    problems = collected.problems
    if problems:
        count = "a rule cannot be loaded" if len(problems) == 1 else f"{len(problems)} mistakes in rules"
        raise RuleLoadError("\n  ".join([f"{count}:", *map(str, problems)]))
    return collected.ruleset


def _load(
    builtin: Iterable[Document | Problem],
    packs: Iterable[Document | Problem],
    problems: list[Problem],
    *,
    lenient: bool,
) -> Collected:
    of_product = _readable(builtin, problems)
    of_packs = _readable(packs, problems)
    dropped = problems if lenient else []
    remaining = [] if lenient else problems
    while True:
        collected = _build(of_product, of_packs, list(remaining))
        broken = [document for document in of_packs if any(map(document.holds, collected.problems))] if lenient else []
        if not broken:
            break
        # another rule may have needed a broken one, so the rest is built again
        dropped += [problem for problem in collected.problems if any(one.holds(problem) for one in broken)]
        of_packs = [document for document in of_packs if not any(document is one for one in broken)]
    collected.dropped.extend(dropped)
    for found in (collected.problems, collected.skipped, collected.dropped):
        found.sort(key=lambda problem: (problem.path, problem.line or 0))
    return collected


def _readable(read: Iterable[Document | Problem], problems: list[Problem]) -> list[Document]:
    documents: list[Document] = []
    for each in read:
        if isinstance(each, Problem):
            problems.append(each)
        else:
            documents.append(each)
    return documents


def _build(builtin: Sequence[Document], packs: Sequence[Document], problems: list[Problem]) -> Collected:
    documents, off = pack_overrides(builtin, with_ids(packs), problems)
    skipped: list[Problem] = []
    documents, foreign = _without_foreign(with_names(documents), skipped)
    linker = RuleLinker(documents, foreign, problems, skipped)
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
    for document in plain:
        rule, wrong = build_rule(document, filters)
        problems.extend(wrong)
        if rule is not None:
            linker.add(document, rule)
    for each in filters:
        linker.check_references(each.document, ("filter", "rules"), each.rules or ())
    rules, correlations = off.without(*linker.link(parsed_correlations))
    return Collected(Ruleset(rules, correlations), problems, len(filters), skipped)


def _without_foreign(documents: Sequence[Document], skipped: list[Problem]) -> tuple[list[Document], list[Document]]:
    """Separates the published rules of folders that match no event here: for other products, and in Sigma 1."""
    known, foreign = [], []
    in_sigma_1 = {document.path for document in documents if _is_sigma_1(document)}
    for document in documents:
        published = document.in_folder and document.is_published
        reason = _SIGMA_1 if published and document.path in in_sigma_1 else _foreign_source(document)
        if reason is None:
            known.append(document)
        else:
            skipped.append(document.problem(("logsource",), reason))
            foreign.append(document)
    return known, foreign


def _is_sigma_1(document: Document) -> bool:
    """Returns whether a document has what Sigma 2 left behind, which the other documents of its file depend on."""
    detection = document.data.get("detection")
    conditions = detection.get("condition") if isinstance(detection, dict) else None
    piped = any("|" in str(each) for each in (conditions if isinstance(conditions, list) else [conditions]))
    return piped or "action" in document.data or (isinstance(detection, dict) and "timeframe" in detection)


def _foreign_source(document: Document) -> str | None:
    log_source = document.data.get("logsource")
    if document.in_folder and document.is_published and isinstance(log_source, dict):
        try:
            read_log_sources(log_source)
        except UnknownSourceError as error:
            return str(error)
        except UnsupportedError:
            return None
    return None
