"""The filter of findings: its parameters, and the condition that each puts on a finding."""

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Protocol, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mcm_shared.contracts.findings import Severity
from mcm_shared.contracts.parameters import Day, Instant, RuleName, SourceName, UserName
from mcm_shared.contracts.triage import UNASSIGNED, Label, Status


class FindingStanding(StrEnum):
    """Whether a finding stands, or was withdrawn by later evidence."""

    STANDING = "standing"
    WITHDRAWN = "withdrawn"

    @classmethod
    def of(cls, finding: "FilteredFinding") -> "FindingStanding":
        """Returns the state of a finding."""
        return cls.WITHDRAWN if finding.withdrawn else cls.STANDING


class FindingFilter(BaseModel):
    """Which findings match: those that meet the condition of every parameter given."""

    model_config = ConfigDict(frozen=True)

    severity: Annotated[
        list[Severity] | None, Field(max_length=20, description="One of these; repeat it for each severity")
    ] = None
    user: Annotated[UserName | None, Field(description="The finding's user, exactly")] = None
    rule: Annotated[
        list[RuleName] | None, Field(max_length=100, description="One of these rules, by name; repeat it for each")
    ] = None
    source: Annotated[
        list[SourceName] | None, Field(max_length=100, description="One of these sources; repeat it for each")
    ] = None
    status: Annotated[
        list[Status] | None, Field(max_length=20, description="One of these statuses; repeat it for each")
    ] = None
    assignee: Annotated[
        list[UserName] | None,
        Field(max_length=100, description="One of these assignees, or `unassigned`; repeat it for each"),
    ] = None
    label: Annotated[
        list[Label] | None, Field(max_length=20, description="One of these labels; repeat it for each")
    ] = None
    risk_min: Annotated[int | None, Field(ge=0, le=100, description="The minimum risk score")] = None
    state: Annotated[
        list[FindingStanding],
        Field(max_length=2, description="Standing, or withdrawn by later evidence; repeat it for both"),
    ] = [FindingStanding.STANDING]
    suppressed: Annotated[
        list[bool],
        Field(max_length=2, description="Suppressed by an active exception, or not; repeat it for both"),
    ] = [False]
    enriched: Annotated[bool | None, Field(description="With a risk score, or without one")] = None
    q: Annotated[
        str | None,
        Field(min_length=1, max_length=200, description="This text in title, description, rule or user, ignoring case"),
    ] = None
    from_date: Annotated[Day | None, Field(description="First seen on this day (UTC) or later")] = None
    to_date: Annotated[Day | None, Field(description="First seen on this day (UTC) or earlier")] = None
    from_timestamp: Annotated[
        Instant | None, Field(description="First seen at this time or later (ISO 8601, in UTC without an offset)")
    ] = None
    to_timestamp: Annotated[
        Instant | None, Field(description="First seen before this time (ISO 8601, in UTC without an offset)")
    ] = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for start, end in (("from_date", "to_date"), ("from_timestamp", "to_timestamp")):
            begins, ends = getattr(self, start), getattr(self, end)
            if begins and ends and begins > ends:
                raise ValueError(f"{start} lies after {end}")
        return self


class FilteredFinding(Protocol):
    """What the conditions read of a finding."""

    @property
    def severity(self) -> Severity: ...
    @property
    def user(self) -> str | None: ...
    @property
    def rule_name(self) -> str: ...
    @property
    def source(self) -> str | None: ...
    @property
    def title(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def risk_score(self) -> int | None: ...
    @property
    def first_seen(self) -> datetime: ...
    @property
    def withdrawn(self) -> bool: ...
    @property
    def suppressed_by(self) -> int | None: ...
    @property
    def status(self) -> Status: ...
    @property
    def assignee(self) -> str | None: ...
    @property
    def labels(self) -> Collection[str]: ...


Condition = Callable[[Any, Any], bool]
"""Tells whether a finding meets a condition: called with the finding (as far as it reads it) and the value."""


def one_for_each_parameter(table: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns a table by parameter of the filter; raises TypeError when a parameter is missing or unknown."""
    difference = table.keys() ^ FindingFilter.model_fields.keys()
    if difference:
        raise TypeError(f"the table and FindingFilter differ in {', '.join(sorted(difference))}")
    return table


def _contains(finding: FilteredFinding, text: str) -> bool:
    texts = (finding.title, finding.description, finding.rule_name, finding.user or "")
    return any(text.casefold() in each.casefold() for each in texts)


def _day_of(finding: FilteredFinding) -> date:
    return finding.first_seen.date()


CONDITIONS: Final[Mapping[str, Condition]] = one_for_each_parameter(
    {
        "severity": lambda finding, severities: finding.severity in severities,
        "user": lambda finding, user: finding.user == user,
        "rule": lambda finding, names: finding.rule_name in names,
        "source": lambda finding, sources: finding.source in sources,
        "status": lambda finding, statuses: finding.status in statuses,
        "assignee": lambda finding, names: (UNASSIGNED if finding.assignee is None else finding.assignee) in names,
        "label": lambda finding, labels: any(label in finding.labels for label in labels),
        "risk_min": lambda finding, score: finding.risk_score is not None and finding.risk_score >= score,
        "state": lambda finding, states: FindingStanding.of(finding) in states,
        "suppressed": lambda finding, values: (finding.suppressed_by is not None) in values,
        "enriched": lambda finding, enriched: (finding.risk_score is not None) is enriched,
        "q": _contains,
        "from_date": lambda finding, day: _day_of(finding) >= day,
        "to_date": lambda finding, day: _day_of(finding) <= day,
        "from_timestamp": lambda finding, instant: finding.first_seen >= instant,
        "to_timestamp": lambda finding, instant: finding.first_seen < instant,
    }
)
"""The condition of each parameter, for a finding at hand; the SQL of the same conditions is beside the queries."""


def given(filters: FindingFilter, without: Collection[str] = ()) -> dict[str, Any]:
    """Lists the parameters that have a value; an empty list is no condition."""
    values = {name: getattr(filters, name) for name in FindingFilter.model_fields if name not in without}
    return {name: value for name, value in values.items() if value is not None and value != []}


def matches(filters: FindingFilter, finding: FilteredFinding) -> bool:
    """Tells whether a finding meets every condition of a filter."""
    return all(CONDITIONS[name](finding, value) for name, value in given(filters).items())
