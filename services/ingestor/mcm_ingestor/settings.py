"""Settings of the ingestor, in addition to the shared ones."""

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from mcm_shared.settings import EventSettings


class IngestorSettings(EventSettings):
    """Limits of the ingestor."""


class ConnectorSettings(BaseSettings):
    """Which sources are read."""

    model_config = SettingsConfigDict(extra="ignore")

    sources_path: Annotated[
        Path, Field(validation_alias="MCM_SOURCES_PATH", description="The file that names the sources")
    ] = Path("sources.yml")
    lease_s: Annotated[
        float,
        Field(
            ge=1,
            le=3600,
            validation_alias="MCM_SOURCES_LEASE_S",
            description="Seconds until another ingestor takes over a source after a crash",
        ),
    ] = 30.0
