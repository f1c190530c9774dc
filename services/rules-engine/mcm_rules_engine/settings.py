"""Settings of the rules-engine, beside those that every service shares."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from mcm_shared.settings import EventSettings


class EngineSettings(EventSettings):
    """How the rules-engine works through events."""

    model_config = SettingsConfigDict(extra="ignore")

    batch_size: Annotated[
        int, Field(ge=1, le=10_000, validation_alias="MCM_BATCH_SIZE", description="Events handled at once, at most")
    ] = 1000


class RulesSettings(BaseSettings):
    """Packs of rules beside the built-in ones."""

    model_config = SettingsConfigDict(extra="ignore")

    path: Annotated[
        str,
        Field(
            validation_alias="MCM_RULES_PATH",
            description="Packs: rule files and folders of them, separated like the entries of PATH",
        ),
    ] = ""
    lenient: Annotated[
        bool,
        Field(
            validation_alias="MCM_RULES_LENIENT",
            description="Start without the packs that cannot be loaded, instead of not at all",
        ),
    ] = False
