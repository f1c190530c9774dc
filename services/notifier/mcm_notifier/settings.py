"""Settings of the notifier, in addition to those shared by all services."""

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class NotifierSettings(BaseSettings):
    """Settings of notifications: the file of channels and routes, and the links in messages."""

    # a variable that is set to nothing, as compose files do it, is not set
    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    channels_path: Annotated[
        Path, Field(validation_alias="MCM_CHANNELS_PATH", description="The file of channels and routes")
    ] = Path("channels.yml")
    public_url: Annotated[
        str | None,
        Field(
            pattern=r"^https?://[^\s/]+(/\S*)?$",
            validation_alias="MCM_PUBLIC_URL",
            description="URL of the dashboard for links in messages; without it messages have no link",
        ),
    ] = None
