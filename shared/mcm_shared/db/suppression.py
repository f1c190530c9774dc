"""Suppression of findings, computed by the query: the active exceptions as SQL over the rows of findings."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import (
    ColumnElement,
    Integer,
    Text,
    and_,
    case,
    cast,
    false,
    func,
    not_,
    null,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from mcm_shared.contracts.exceptions import ExceptionMatcher, ExceptionState, StoredException
from mcm_shared.db.exception_tables import EXCEPTION_MATCHES
from mcm_shared.db.finding_tables import FINDINGS
from mcm_shared.db.text_search import contains_ignoring_case

_FINDING: Final = FINDINGS.c
_MATCH: Final = EXCEPTION_MATCHES.c

STANDING: Final = _FINDING.withdrawn.is_(False)
"""The condition of findings that later evidence did not withdraw."""


class _PlaceIn(FunctionElement[int]):
    """Where a text begins in another, from 1, by its exact characters; 0 where it is not in it."""

    name = "place_in"
    type = Integer()
    inherit_cache = True


@compiles(_PlaceIn)
def _instr(element: _PlaceIn, compiler: SQLCompiler, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


@compiles(_PlaceIn, "postgresql")
def _strpos(element: _PlaceIn, compiler: SQLCompiler, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"


@dataclass(frozen=True)
class ActiveExceptions:
    """The exceptions that suppress findings at one time; of several that cover a finding the first suppresses it."""

    exceptions: tuple[StoredException, ...] = ()

    @classmethod
    def at(cls, now: datetime, exceptions: Iterable[StoredException]) -> "ActiveExceptions":
        """Selects those that are active at a time, in the order of their numbers."""
        active = (each for each in exceptions if each.state(now) is ExceptionState.ACTIVE)
        return cls(tuple(sorted(active, key=lambda each: each.id)))

    @property
    def numbers(self) -> tuple[int, ...]:
        """Their numbers. Exceptions never change: equal numbers suppress the same findings."""
        return tuple(each.id for each in self.exceptions)

    @cached_property
    def suppressed_by(self) -> ColumnElement[int | None]:
        """The number of the exception that suppresses a finding, NULL for none."""
        if not self.exceptions:
            return cast(null(), Integer)
        return case(*((covered_by(each), each.id) for each in self.exceptions), else_=null())

    @cached_property
    def suppressed(self) -> ColumnElement[bool]:
        """The condition that one of them suppresses a finding; never NULL.

        Most exceptions are about a rule: their conditions are computed for findings of these rules only.
        """
        about_rules = [each for each in self.exceptions if each.parsed().rule is not None]
        others = [each for each in self.exceptions if each.parsed().rule is None]
        rules = {name for each in about_rules for name in each.parsed().rule or ()}
        by_rule = and_(_FINDING.rule_name.in_(sorted(rules)), or_(false(), *map(covered_by, about_rules)))
        return case((or_(by_rule, *map(covered_by, others)), True), else_=False)

    @property
    def visible(self) -> ColumnElement[bool]:
        """The condition of the findings that counts are about: they stand, and no exception suppresses them."""
        return and_(STANDING, not_(self.suppressed)) if self.exceptions else STANDING


def covered_by(exception: StoredException) -> ColumnElement[bool]:
    """Builds the condition that an exception covers a finding: all its detections lie in the period."""
    matcher = exception.parsed()
    if matcher.sigma is None:
        # in the order of their costs
        equal, searched = _matched(matcher, _EQUAL), _matched(matcher, _SEARCHED)
        return and_(true(), *equal, in_period(exception), *searched)
    # a finding that has changed since it was evaluated is visible until it is evaluated again
    evaluated = select(_MATCH.finding_id, _MATCH.version).where(_MATCH.exception_id == exception.id, _MATCH.covered)
    return and_(in_period(exception), matched_by(matcher), tuple_(_FINDING.id, _FINDING.version).in_(evaluated))


def unevaluated_by(exception: StoredException, rules: Collection[str] | None) -> ColumnElement[bool]:
    """Builds the condition that it is unknown whether the Sigma filter of an exception covers a finding as it is now.

    ``rules`` are those that the filter names, None: any.
    """
    evaluated = select(_MATCH.finding_id).where(
        _MATCH.exception_id == exception.id, _MATCH.finding_id == _FINDING.id, _MATCH.version >= _FINDING.version
    )
    return and_(in_period(exception), matched_by(exception.parsed()), of_rules(rules), not_(evaluated.exists()))


def of_rules(names: Collection[str] | None) -> ColumnElement[bool]:
    """Builds the condition that a finding is of one of these rules, by id, name or title; None: of any rule."""
    if names is None:
        return true()
    ids = [UUID(name) for name in names if _is_uuid(name)]
    return or_(_FINDING.rule_id.in_(ids), _FINDING.rule_name.in_(names), _FINDING.title.in_(names))


def in_period(exception: StoredException) -> ColumnElement[bool]:
    """Builds the condition that all detections of a finding lie in the period of an exception."""
    return and_(_FINDING.first_seen >= exception.starts_at, _FINDING.last_seen < exception.expires_at)


def matched_by(matcher: ExceptionMatcher) -> ColumnElement[bool]:
    """Builds the condition that a matcher matches a finding, whenever its detections were.

    Its Sigma filter is left out: SQL does not evaluate it.
    """
    return and_(true(), *_matched(matcher, _EQUAL), *_matched(matcher, _SEARCHED))


def _matched(
    matcher: ExceptionMatcher, conditions: Mapping[str, Callable[[Any], ColumnElement[bool]]]
) -> list[ColumnElement[bool]]:
    given = {name: value for name in conditions if (value := getattr(matcher, name)) is not None}
    return [conditions[name](value) for name, value in given.items()]


def _is_uuid(name: str) -> bool:
    try:
        UUID(name)
    except ValueError:
        return False
    return True


def _grouped(group: Mapping[str, str | None]) -> ColumnElement[bool]:
    # the key is one flat object without spaces: a member stands in it between commas and braces
    members = (f"{orjson.dumps(name).decode()}:{orjson.dumps(value).decode()}" for name, value in group.items())
    starts, ends = "{,", "},"
    return and_(
        *(
            # most findings do not have it at all, which one search shows
            and_(
                _contains(_FINDING.group_key, member),
                or_(*(_contains(_FINDING.group_key, start + member + end) for start in starts for end in ends)),
            )
            for member in members
        )
    )


def _tagged(tags: list[str]) -> ColumnElement[bool]:
    # tags hold nothing that JSON escapes
    return or_(*(_contains(cast(_FINDING.tags, Text), f'"{tag}"') for tag in tags))


def _contains(text: ColumnElement[Any], part: str) -> ColumnElement[bool]:
    return _PlaceIn(text, part) > 0


def _mentions(text: str) -> ColumnElement[bool]:
    columns = (_FINDING.title, _FINDING.description, _FINDING.rule_name, _FINDING.user)
    return func.coalesce(or_(*(contains_ignoring_case(column, text) for column in columns)), False)


_EQUAL: Final[Mapping[str, Callable[[Any], ColumnElement[bool]]]] = {
    "rule": lambda names: _FINDING.rule_name.in_(names),
    "user": lambda names: _FINDING.user.in_(names),
    "source": lambda names: _FINDING.source.in_(names),
}
_SEARCHED: Final[Mapping[str, Callable[[Any], ColumnElement[bool]]]] = {
    "tag": _tagged,
    "group": _grouped,
    "text": _mentions,
}
