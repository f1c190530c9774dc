"""Settings of the enricher, in addition to those shared by all services."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from mcm_enricher.model.redact import Redaction


class EnricherSettings(BaseSettings):
    """Settings of explanations: explainer, model server, limits and budget."""

    # a variable that is set to nothing, as compose files do it, is not set
    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    explainer: Annotated[
        Literal["auto", "heuristic", "openai"],
        Field(
            validation_alias="MCM_AI_EXPLAINER",
            description="What scores and explains findings; auto: openai where OPENAI_API_KEY is set",
        ),
    ] = "auto"
    batch_size: Annotated[
        int,
        Field(
            ge=1,
            le=10_000,
            validation_alias="MCM_ENRICHER_BATCH_SIZE",
            description="Maximum number of findings enriched in one batch",
        ),
    ] = 500
    concurrency: Annotated[
        int,
        Field(ge=1, le=256, validation_alias="MCM_AI_CONCURRENCY", description="Concurrent requests to the model"),
    ] = 16
    api_key: Annotated[
        SecretStr | None, Field(validation_alias="OPENAI_API_KEY", description="API key of the model server")
    ] = None
    base_url: Annotated[
        str | None,
        Field(
            pattern=r"^https?://\S+$",
            validation_alias="OPENAI_BASE_URL",
            description="URL of a server with the OpenAI chat completions API, with /v1; default: OpenAI",
        ),
    ] = None
    model: Annotated[str | None, Field(validation_alias="OPENAI_MODEL", description="Name of the model")] = None
    timeout_s: Annotated[
        float,
        Field(
            gt=0,
            le=600,
            validation_alias="MCM_AI_TIMEOUT_S",
            description="Time-out of a request to the model, in seconds",
        ),
    ] = 20
    redaction: Annotated[
        Redaction,
        Field(
            validation_alias="MCM_AI_REDACT",
            description="What is redacted in prompts: all (secrets, people, addresses), secrets, off",
        ),
    ] = "all"
    budget: Annotated[
        int | None,
        Field(
            ge=0,
            validation_alias="MCM_AI_BUDGET_TOKENS_PER_DAY",
            description="Tokens that all workers together may use in a day (UTC)",
        ),
    ] = 1_000_000
