"""Settings of the ingestor, beside those that every service shares."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class IngestorSettings(BaseSettings):
    """What the ingestor takes in."""

    model_config = SettingsConfigDict(extra="ignore")

    max_event_bytes: Annotated[
        int,
        Field(
            ge=1024,
            le=8 * 1024 * 1024,
            validation_alias="MCM_MAX_EVENT_BYTES",
            description="A larger event is refused",
        ),
    ] = 1024 * 1024
