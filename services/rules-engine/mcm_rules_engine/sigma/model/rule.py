"""Compiled rules: a definition, and a detection as functions."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from mcm_rules_engine.sigma.compile.conditions import Required
from mcm_rules_engine.sigma.compile.fields import EventView
from mcm_rules_engine.sigma.compile.group_keys import GroupReader
from mcm_rules_engine.sigma.compile.log_sources import LogSource
from mcm_shared.contracts.findings import Severity

Braces = Literal["fields", "fields with values", "text"]
"""What braces in a description mean: fields; fields if one of them has a value; or nothing, as in published prose."""


@dataclass(frozen=True, slots=True)
class RuleTest:
    """A test inside a rule file: these events must raise these findings, no more and no fewer."""

    name: str
    events: tuple[dict[str, Any], ...]
    expect: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """Definition that single-event rules and correlations share.

    ``version`` changes with what the rule detects and how it groups, not with its prose or tests. ``yaml`` is the
    source text of its document. ``braces`` are what those in the description mean.
    """

    id: str
    name: str
    title: str
    description: str
    level: Severity
    version: str
    status: str
    tags: tuple[str, ...]
    falsepositives: tuple[str, ...]
    runbook: str
    references: tuple[str, ...]
    author: str
    path: str
    yaml: str
    group_by: tuple[str, ...]
    group_for: timedelta
    raises_finding: bool
    tests: tuple[RuleTest, ...]
    braces: Braces


@dataclass(frozen=True, slots=True, eq=False)
class Rule(Definition):
    """One single-event Sigma rule, compiled.

    ``severity_of`` starts at ``level`` and only rises. ``required`` are the equalities without which the rule cannot
    match. A rule that ``needs_only_type`` matches all events of one source and event type, or none of them. ``reads``
    are the fields of its detection. ``filters`` are the source texts of the filters that apply to it. The fields in
    ``cased`` are grouped by their exact spelling.
    """

    log_source: LogSource
    matches: Callable[[EventView], bool] = field(repr=False)
    severity_of: Callable[[EventView], Severity] = field(repr=False)
    groups_of: GroupReader = field(repr=False)
    required: Required = field(repr=False, default_factory=dict)
    needs_only_type: bool = field(repr=False, default=False)
    reads: frozenset[str] = field(repr=False, default=frozenset())
    filters: tuple[str, ...] = field(repr=False, default=())
    cased: frozenset[str] = frozenset()
