"""Configuration of the notifier as it shows it to others: channels and routes, without secrets."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class NotificationChannel(BaseModel):
    """A channel of channels.yml; its URL and its secrets are known to the notifier alone."""

    model_config = ConfigDict(frozen=True)

    name: Annotated[str, Field(examples=["soc"])]
    type: Annotated[str, Field(description="`webhook`, `slack` or `apprise`", examples=["slack"])]


class RouteQuietHours(BaseModel):
    """Hours in which a route sends nothing."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, serialize_by_alias=True)

    start: Annotated[str, Field(alias="from", examples=["22:00"])]
    end: Annotated[str, Field(alias="to", examples=["07:00"])]
    zone: Annotated[str, Field(examples=["Europe/Berlin"])]


class NotificationRoute(BaseModel):
    """A route of channels.yml: which findings go to which channel, and when."""

    model_config = ConfigDict(frozen=True)

    name: Annotated[str, Field(examples=["criticals"])]
    channel: Annotated[str, Field(examples=["soc"])]
    filter: Annotated[
        dict[str, Any],
        Field(description="Parameters of `GET /findings`; empty: all findings", examples=[{"severity": ["critical"]}]),
    ]
    when: Literal["immediately", "every 15 minutes", "daily"]
    at: Annotated[str | None, Field(description="Time of the daily digest; null for other routes")] = None
    zone: Annotated[str | None, Field(description="Time zone of `at`")] = None
    quiet: RouteQuietHours | None = None
    max_per_hour: Annotated[int, Field(description="Findings in an hour that are sent immediately")]


class NotifierConfig(BaseModel):
    """Channels and routes of the notifier that started last."""

    model_config = ConfigDict(frozen=True)

    channels: list[NotificationChannel]
    routes: list[NotificationRoute]
    reminders: Annotated[list[str], Field(description="Channels that get the reminders of exceptions")]
