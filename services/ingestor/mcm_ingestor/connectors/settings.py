"""Settings that every source in sources.yml has."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, field_validator

_DURATION: Final = re.compile(r"([0-9]{1,6})([mhd])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}


class SourceSettings(BaseModel):
    """One source: which connector reads it, from when on, and how often."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    connector: str
    start_at: Annotated[
        datetime | timedelta,
        Field(description="Where the first start begins: a time, or how long ago (30m, 24h, 7d)"),
    ] = timedelta(hours=24)
    interval_s: Annotated[float, Field(ge=0.01, le=86_400, description="Seconds between polls")] = 60.0
    silent_after_s: Annotated[
        float | None,
        Field(ge=60, description="Seconds without an event, at least, before the source counts as silent"),
    ] = None

    @field_validator("start_at", mode="before")
    @classmethod
    def _start(cls, value: Any) -> Any:
        if isinstance(value, str) and (match := _DURATION.fullmatch(value.strip())):
            return timedelta(**{_UNITS[match[2]]: int(match[1])})
        if isinstance(value, str):
            try:
                value = datetime.fromisoformat(value)
            except ValueError:
                raise ValueError("write a time (2026-11-20T12:00:00Z) or a duration (30m, 24h, 7d)") from None
        if isinstance(value, datetime) and value.tzinfo is None:
            raise ValueError("the time has no zone; write it like 2026-11-20T12:00:00Z")
        return value

    def begins_at(self, now: datetime) -> datetime:
        """Returns the time from which the first start reads."""
        return now - self.start_at if isinstance(self.start_at, timedelta) else self.start_at.astimezone(UTC)
