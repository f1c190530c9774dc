"""Compiling the rules of the catalogue again, exactly as the engine that recorded them compiled them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog

from mcm_rules_engine.sigma.compile.plugin_predicates import named_predicates
from mcm_rules_engine.sigma.identities import with_identity
from mcm_rules_engine.sigma.load import build_documents
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_rules_engine.sigma.parse.documents import Document, Problem, parse_documents
from mcm_rules_engine.sources import active_sources

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class RecordedRule:
    """A rule as the catalogue holds it; ``filters`` are the source texts of the filters that apply to it."""

    rule_id: UUID
    name: str
    version: str
    yaml: str
    filters: Sequence[str]


def compile_recorded(rules: Sequence[RecordedRule]) -> Ruleset:
    """Compiles recorded rules with their filters.

    A rule that cannot be compiled here, because a plug-in it needs is missing or the engine is of another version, is
    left out, and the log says so.
    """
    named_predicates()
    active_sources()
    documents = [_document(rule) for rule in rules]
    filters = dict.fromkeys(text for rule in rules for text in rule.filters)
    for number, text in enumerate(filters):
        documents.extend(_parsed(text, f"filter {number + 1}"))
    collected = build_documents([document for document in documents if document is not None])
    versions = {str(rule.rule_id): rule.version for rule in rules}
    compiled = collected.ruleset
    wrong = [rule.name for rule in compiled.all if rule.version != versions.get(rule.id)]
    missing = versions.keys() - {rule.id for rule in compiled.all}
    if wrong or missing:
        mistakes = [str(problem) for problem in (*collected.problems, *collected.dropped)]
        log.warning(
            "some active rules are compiled differently here",
            differing=wrong,
            missing=sorted(missing),
            mistakes=mistakes,
        )
    return compiled


def _document(rule: RecordedRule) -> Document | None:
    document = next(iter(_parsed(rule.yaml, rule.name)), None)
    return None if document is None else with_identity(document, str(rule.rule_id), rule.name)


def _parsed(text: str, name: str) -> Iterable[Document]:
    for parsed in parse_documents(text, name):
        if isinstance(parsed, Problem):
            log.warning("a rule of the catalogue cannot be parsed", reason=str(parsed))
        else:
            yield parsed


def read_recorded(text: str) -> dict[str, Any]:
    """Reads the keys of a recorded rule as the engine read them, YAML 1.2; empty for a text that is none."""
    document = next(parse_documents(text, "rule catalogue"), None)
    return document.data if isinstance(document, Document) else {}
