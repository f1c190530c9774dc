"""The keys of a rule beside its detection: read, checked, every mistake reported with its line."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from mcm_rules_engine.sigma.compile.group_keys import CASED, GroupField, too_many_fields
from mcm_rules_engine.sigma.model.rule import Braces, RuleTest
from mcm_rules_engine.sigma.parse.documents import OUR_KEYS, Document, Problem
from mcm_rules_engine.sigma.parse.durations import parse_duration
from mcm_rules_engine.sigma.parse.modifiers import wrong_with_field
from mcm_rules_engine.sigma.parse.rule_tests import check_test_document
from mcm_rules_engine.sigma.parse.templates import check_template, template_fields
from mcm_rules_engine.sigma.unsupported import UnsupportedError
from mcm_shared.contracts.findings import Severity
from mcm_shared.suggestions import close_to, did_you_mean

SIGMA_KEYS: Final = (
    "title", "id", "name", "taxonomy", "related", "status", "description", "license", "references", "author", "date",
    "modified", "tags", "logsource", "detection", "fields", "falsepositives", "level", "scope",
)  # fmt: skip
DEFAULT_LEVEL: Final = Severity.MEDIUM
"""Severity of a rule that states no level, which Sigma allows."""

LEVELS: Final = ("informational", *Severity)
STATUSES: Final = ("stable", "test", "experimental", "deprecated", "unsupported")
SHORTEST_GROUP: Final = timedelta(minutes=1)
LONGEST_GROUP: Final = timedelta(days=30)

_TAG: Final = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+")
_NAME: Final = re.compile(r"\w[\w.-]{0,99}")
_FIELD_PATH: Final = re.compile(r"[^\s|]{1,200}")


@dataclass(slots=True)
class Metadata:
    """Metadata of a rule; ``informational`` is Sigma's level of rules that raise nothing."""

    id: str
    name: str
    title: str
    description: str
    level: Severity
    informational: bool
    status: str
    tags: tuple[str, ...]
    falsepositives: tuple[str, ...]
    runbook: str
    references: tuple[str, ...]
    author: str
    group_fields: tuple[GroupField, ...]
    group_for: timedelta
    tests: tuple[RuleTest, ...]

    @property
    def group_by(self) -> tuple[str, ...]:
        """The names of the fields to group by."""
        return tuple(field.name for field in self.group_fields)

    @property
    def written_group_by(self) -> tuple[str, ...]:
        """The fields to group by as they are written, with their modifiers."""
        return tuple(f"{field.name}|{CASED}" if field.cased else field.name for field in self.group_fields)

    def definition(self, document: Document, version: str, group_by: tuple[str, ...]) -> dict[str, Any]:
        """Returns the fields of a ``Definition``."""
        own = ("informational", "group_fields")
        stated = {field.name: getattr(self, field.name) for field in fields(self) if field.name not in own}
        return stated | {
            "version": version,
            "path": document.path,
            "yaml": document.text,
            "group_by": group_by,
            "raises_finding": not self.informational,
        }


class Reader:
    """Reads one document's keys; mistakes gather in ``problems`` and a neutral value stands in for them."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = []

    def wrong(self, keys: tuple[str | int, ...], what: str) -> None:
        """Records a mistake at a place of the document."""
        self.problems.append(self.document.problem(keys, what))

    def text(self, key: str, *, required: bool = False) -> str:
        """Reads a text, or another scalar as it is written; '' when it is missing or wrong."""
        value = self._as_written(self.document.data.get(key), (key,))
        if value is None:
            if required:
                self.wrong((key,), "is missing")
            return ""
        if not isinstance(value, str) or (required and not value.strip()):
            self.wrong((key,), f"must be a text, not {value!r}")
            return ""
        return value.strip()

    def texts(self, key: str) -> tuple[str, ...]:
        """Reads a list of texts; a single text counts as a list of one."""
        value = self.document.data.get(key)
        if value is None:
            return ()
        if isinstance(value, list):
            values = [self._as_written(each, (key, number)) for number, each in enumerate(value)]
        else:
            values = [self._as_written(value, (key,))]
        if not all(isinstance(each, str) for each in values):
            self.wrong((key,), "must be a list of texts")
            return ()
        return tuple(values)

    def _as_written(self, value: Any, keys: tuple[str | int, ...]) -> Any:
        return self.document.spelling(keys) if isinstance(value, int | float) else value

    def one_of(self, key: str, known: Iterable[str], default: str | None) -> str:
        """Reads one of a few known words, whatever its case."""
        known = tuple(known)
        value = self.document.data.get(key, default)
        if value is None:
            self.wrong((key,), f"is missing; one of {', '.join(known)}")
        elif isinstance(value, str) and value.lower() in known:
            return value.lower()
        else:
            self.wrong((key,), f"{value!r} is not one of {', '.join(known)}{did_you_mean(str(value), known)}")
        return known[-1]

    def read_log_source_keys(self) -> dict[str, Any] | None:
        """Returns the map below ``logsource``; None when it is missing or wrong."""
        value = self.document.data.get("logsource")
        if not isinstance(value, dict):
            self.wrong(("logsource",), "is missing" if value is None else "must be a map such as {category: activity}")
            return None
        self.check_spelling(value, ("category", "product", "service", "definition"), ("logsource",))
        return value

    def check_spelling(self, mapping: dict[Any, Any], known: Iterable[str], at: tuple[str | int, ...] = ()) -> None:
        """Reports keys that look like misspelt ones; Sigma leaves all others to the author of the rule."""
        known = tuple(known)
        for key in mapping:
            close = None if key in known else close_to(str(key), known)
            if close is not None:
                self.wrong((*at, key), f"is not a known key, did you mean {close!r}?")


def read_braces(reader: Reader, description: str, known: Iterable[str]) -> Braces:
    """Decides what braces in a description mean; those of a published rule may be text."""
    try:
        check_template(description)
    except UnsupportedError as error:
        if not reader.document.is_published:
            reader.wrong(("description",), str(error))
        return "text"
    names_known = not {*known}.isdisjoint(template_fields(description))
    return "fields" if names_known or not reader.document.is_published else "fields with values"


def read_metadata(reader: Reader) -> Metadata:
    """Reads everything but log source, detection and ``escalate``."""
    reader.check_spelling(reader.document.data, (*SIGMA_KEYS, *OUR_KEYS, "correlation", "filter"))
    level = reader.one_of("level", LEVELS, DEFAULT_LEVEL.value)
    title = reader.text("title", required=True)
    return Metadata(
        id=_uuid(reader),
        name=_name(reader),
        title=title,
        description=reader.text("description") or title,
        level=Severity.LOW if level == "informational" else Severity(level),
        informational=level == "informational",
        status=reader.one_of("status", STATUSES, "test"),
        tags=_tags(reader),
        falsepositives=reader.texts("falsepositives"),
        runbook=reader.text("runbook"),
        references=reader.texts("references"),
        author=reader.text("author"),
        group_fields=_group_fields(reader),
        group_for=_group_for(reader),
        tests=_tests(reader),
    )


def _uuid(reader: Reader) -> str:
    value = reader.text("id", required=True)
    try:
        return str(UUID(value)) if value else ""
    except ValueError:
        reader.wrong(("id",), f"{value!r} is not a UUID, such as 6f0d2f0e-7c1b-4c58-9d0f-0a4f6f0d2c11")
        return ""


def _name(reader: Reader) -> str:
    name = reader.text("name")
    if name and not _NAME.fullmatch(name):
        reader.wrong(("name",), f"{name!r} may hold letters, digits and . _ - only, at most 100")
    return name


def _tags(reader: Reader) -> tuple[str, ...]:
    tags = tuple(tag.lower() for tag in reader.texts("tags"))
    for at, tag in enumerate(tags):
        if not _TAG.fullmatch(tag):
            reader.wrong(("tags", at), f"{tag!r} is not a tag such as attack.t1110 or soc2.cc6.1")
    return tags


def group_field(text: str) -> GroupField | None:
    """Reads a field to group by, such as ``user`` or ``object_key|cased``; None for a text that is none."""
    name, separator, modifier = text.partition("|")
    if not _FIELD_PATH.fullmatch(name) or wrong_with_field(name) or (separator and modifier != CASED):
        return None
    return GroupField(name, name, bool(separator))


def _group_fields(reader: Reader) -> tuple[GroupField, ...]:
    if "group_by" not in reader.document.data:
        return (GroupField("user", "user"),)
    fields: list[GroupField] = []
    for at, text in enumerate(reader.texts("group_by")):
        field = group_field(text)
        if field is None:
            what = f"{text!r} is not the name of a field; only the modifier |{CASED} goes here"
            reader.wrong(("group_by", at), wrong_with_field(text) or what)
        elif any(field.name == known.name for known in fields):
            reader.wrong(("group_by", at), f"{field.name!r} is written twice")
        else:
            fields.append(field)
    too_many = too_many_fields(tuple(field.name for field in fields))
    if too_many is not None:
        reader.wrong(("group_by",), too_many)
    return tuple(fields)


def _group_for(reader: Reader) -> timedelta:
    value = reader.document.data.get("group_for", "1h")
    try:
        duration = parse_duration(value)
    except ValueError as error:
        reader.wrong(("group_for",), str(error))
        return timedelta(hours=1)
    if not SHORTEST_GROUP <= duration <= LONGEST_GROUP:
        reader.wrong(("group_for",), f"{value!r} must lie between 1m and 30d")
    return duration


def _tests(reader: Reader) -> tuple[RuleTest, ...]:
    value = reader.document.data.get("tests", [])
    if not isinstance(value, list):
        reader.wrong(("tests",), "must be a list of tests, each with name, events and expect")
        return ()
    tests = []
    for at, test in enumerate(value):
        parsed = check_test_document(test, partial(_wrong_below, reader, ("tests", at)))
        if parsed is not None:
            tests.append(parsed)
    return tuple(tests)


def _wrong_below(reader: Reader, prefix: tuple[str | int, ...], keys: tuple[str | int, ...], what: str) -> None:
    reader.wrong((*prefix, *keys), what)
