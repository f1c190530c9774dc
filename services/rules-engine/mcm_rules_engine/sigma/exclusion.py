"""Sigma filters on their own: which events they exclude from which rules, for exceptions."""

from dataclasses import dataclass

from sigma.exceptions import SigmaError

from mcm_rules_engine.sigma.build_filter import build_filter
from mcm_rules_engine.sigma.compile.conditions import Predicate, compile_condition
from mcm_rules_engine.sigma.compile.fields import EventView
from mcm_rules_engine.sigma.compile.plugin_predicates import named_predicates
from mcm_rules_engine.sigma.parse.detections import condition_tree
from mcm_rules_engine.sigma.parse.documents import Document, Problem, parse_documents
from mcm_rules_engine.sigma.unsupported import UnsupportedError
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.errors import RuleLoadError

_NAME = "filter"
_MAX_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A compiled Sigma filter.

    ``rules`` are those it names, by id, name or title; None: any. ``sources`` are those of its log source, with None
    for the normalised events of every source.
    """

    rules: tuple[str, ...] | None
    sources: frozenset[str | None]
    holds: Predicate

    def excludes(self, event: SourceEvent) -> bool:
        """Whether the filter excludes an event: one of its log source for which its condition does not hold."""
        is_covered = None in self.sources or event.source in self.sources
        return is_covered and not self.holds(EventView(event))


def compile_exclusion(text: str) -> Exclusion:
    """Compiles a document with one Sigma filter; raises RuleLoadError that lists what is wrong, by line."""
    named_predicates()
    read = list(parse_documents(text, _NAME))
    problems = [each for each in read if isinstance(each, Problem)]
    documents = [each for each in read if isinstance(each, Document)]
    if not problems and len(documents) != 1:
        problems.append(Problem(_NAME, None, None, f"must be one YAML document, not {len(documents)}"))
    if problems:
        raise _wrong(problems)
    (document,) = documents
    if "filter" not in document.data:
        raise _wrong([document.problem((), "is no Sigma filter: the key `filter` is missing")])
    built, problems = build_filter(document)
    if built is None:
        raise _wrong(problems)
    try:
        holds = compile_condition(condition_tree(built.detections), built.log_sources.space)
    except (SigmaError, UnsupportedError) as error:
        raise _wrong([document.problem(("filter",), str(error))]) from error
    return Exclusion(built.rules, built.log_sources.sources, holds)


def _wrong(problems: list[Problem]) -> RuleLoadError:
    return RuleLoadError("; ".join(str(problem) for problem in problems[:_MAX_SHOWN]))
