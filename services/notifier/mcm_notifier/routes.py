"""Routes: which findings are notified, where, and when."""

from collections.abc import Mapping
from datetime import time
from enum import StrEnum
from typing import Annotated, Any, Final, Self, get_args, get_origin
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from mcm_shared.contracts.finding_filter import FindingFilter, matches
from mcm_shared.contracts.notifications import NotificationRoute, RouteQuietHours
from mcm_shared.contracts.triage import TriagedFinding


class When(StrEnum):
    """When a route sends."""

    IMMEDIATELY = "immediately"
    EVERY_15_MINUTES = "every 15 minutes"
    DAILY = "daily"


def _time_zone(value: Any) -> Any:
    try:
        return ZoneInfo(str(value))
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{str(value)[:50]!r} is no time zone; write one such as Europe/Berlin or UTC") from None


def _time_of_day(value: Any) -> Any:
    try:
        parsed = time.fromisoformat(str(value))
    except ValueError:
        parsed = None
    if parsed is None or parsed.tzinfo is not None or parsed.second or parsed.microsecond:
        raise ValueError('must be a time of day in quotes, such as "22:00"')
    return parsed


TimeZone = Annotated[ZoneInfo, BeforeValidator(_time_zone)]
TimeOfDay = Annotated[time, BeforeValidator(_time_of_day)]

_UTC: Final = ZoneInfo("UTC")


class RouteFilter(FindingFilter):
    """The shared filter of findings, as written in channels.yml: unknown parameters are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        return {
            name: [value] if _takes_list(name) and isinstance(value, str) else value for name, value in values.items()
        }

    def without_score(self) -> "RouteFilter":
        """Returns the filter without its conditions on the score, which comes later than the finding."""
        return self.model_copy(update={"risk_min": None, "enriched": None})


def _takes_list(name: str) -> bool:
    field = RouteFilter.model_fields.get(str(name))
    if field is None:
        return False
    return any(get_origin(part) is list for part in (field.annotation, *get_args(field.annotation)))


class QuietHours(BaseModel):
    """Hours in which a route sends nothing; what came up is sent when they end."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    start: Annotated[TimeOfDay, Field(alias="from")]
    end: Annotated[TimeOfDay, Field(alias="to")]
    zone: TimeZone

    @model_validator(mode="after")
    def _not_all_day(self) -> Self:
        if self.start == self.end:
            raise ValueError("from and to are the same time; leave quiet out to be never quiet")
        return self


class Route(BaseModel):
    """A route: findings that match ``filter`` go to ``channel``."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    channel: str
    filter: RouteFilter = RouteFilter()
    when: When = When.IMMEDIATELY
    at: Annotated[TimeOfDay, Field(description="Time of the daily digest")] = time(8)
    zone: Annotated[TimeZone, Field(description="Time zone of `at`")] = _UTC
    quiet: QuietHours | None = None
    max_per_hour: Annotated[
        int, Field(ge=1, le=1000, description="Findings in an hour that are sent immediately; more are a storm")
    ] = 20

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        unused = {"at", "zone"} & self.model_fields_set if self.when is not When.DAILY else set()
        if unused:
            raise ValueError(f"{' and '.join(sorted(unused))} is for routes that send daily; set when: daily")
        return self

    def shown(self, name: str) -> NotificationRoute:
        """Describes the route."""
        daily = self.when is When.DAILY
        quiet = self.quiet
        return NotificationRoute(
            name=name,
            channel=self.channel,
            filter=self.filter.model_dump(mode="json", exclude_none=True, exclude_defaults=True),
            when=self.when.value,
            at=f"{self.at:%H:%M}" if daily else None,
            zone=str(self.zone) if daily else None,
            quiet=None
            if quiet is None
            else RouteQuietHours(start=f"{quiet.start:%H:%M}", end=f"{quiet.end:%H:%M}", zone=str(quiet.zone)),
            max_per_hour=self.max_per_hour,
        )

    @property
    def waits_for_score(self) -> bool:
        """Whether the score decides."""
        return self.filter != self.filter.without_score()

    def concerns(self, finding: TriagedFinding) -> bool:
        """Returns whether a finding matches, whatever its score will be."""
        return not finding.status.is_closed and matches(self.filter.without_score(), finding)

    def includes(self, finding: TriagedFinding) -> bool:
        """Returns whether a finding matches with its score; one that could not be scored in time does."""
        known = self.filter if finding.risk_score is not None else self.filter.without_score()
        return not finding.status.is_closed and matches(known, finding)


def routes_concerned(routes: Mapping[str, Route], finding: TriagedFinding) -> list[str]:
    """Lists the names of the routes that a finding concerns, whatever its score will be."""
    return [name for name, route in routes.items() if route.concerns(finding)]
