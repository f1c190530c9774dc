"""Settings of the ingestor, in addition to the shared ones."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class IngestorSettings(BaseSettings):
    """Limits of the ingestor."""

    model_config = SettingsConfigDict(extra="ignore")

    max_event_bytes: Annotated[
        int,
        Field(
            ge=1024,
            le=8 * 1024 * 1024,
            validation_alias="MCM_MAX_EVENT_BYTES",
            description="Maximum event size; larger events are refused",
        ),
    ] = 1024 * 1024
