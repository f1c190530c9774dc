"""Settings of the local stack: data folder and preferred ports."""

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class LocalSettings(BaseSettings):
    """Settings of ``mcm-local``; a port that is in use is replaced by a free one."""

    model_config = SettingsConfigDict(extra="ignore")

    folder: Annotated[
        Path, Field(validation_alias="MCM_LOCAL_FOLDER", description="Folder for data, logs and endpoints.json")
    ] = Path(".local")
    api_port: Annotated[
        int, Field(ge=1, le=65535, validation_alias="MCM_API_PORT", description="Port of the API and the dashboard")
    ] = 8000
    kafka_port: Annotated[
        int, Field(ge=1, le=65535, validation_alias="MCM_LOCAL_KAFKA_PORT", description="Port of the local Kafka")
    ] = 9092
    postgres_port: Annotated[
        int, Field(ge=1, le=65535, validation_alias="MCM_LOCAL_POSTGRES_PORT", description="Port of the local Postgres")
    ] = 5432
