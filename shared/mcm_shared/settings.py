"""Settings shared by all services: typed, read from the environment once at start."""

import os
import re
from collections.abc import Iterable
from typing import Annotated, Final, Literal, TypeVar

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from mcm_shared.contracts.topics import MAX_MESSAGE_BYTES
from mcm_shared.errors import ConfigurationError
from mcm_shared.suggestions import close_to

SettingsT = TypeVar("SettingsT", bound=BaseSettings)

KNOWN_VARIABLES: Final = frozenset(
    {
        "MCM_AI_BUDGET_TOKENS_PER_DAY",
        "MCM_AI_CONCURRENCY",
        "MCM_AI_EXPLAINER",
        "MCM_AI_REDACT",
        "MCM_AI_TIMEOUT_S",
        "MCM_API_ALLOWED_HOSTS",
        "MCM_API_HOST",
        "MCM_API_INTAKE_TIMEOUT_S",
        "MCM_API_MAX_BODY_BYTES",
        "MCM_API_MAX_CONNECTIONS",
        "MCM_API_MAX_CONNECTIONS_PER_ADDRESS",
        "MCM_API_MAX_REQUESTS",
        "MCM_API_MAX_STREAMS",
        "MCM_API_MAX_STREAMS_PER_ADDRESS",
        "MCM_API_PORT",
        "MCM_API_QUERY_TIMEOUT_S",
        "MCM_API_REQUESTS_PER_S",
        "MCM_ASSERTION_AUDIENCE",
        "MCM_ASSERTION_HEADER",
        "MCM_ASSERTION_ISSUER",
        "MCM_ASSERTION_JWKS_URL",
        "MCM_ASSERTION_KEY_FILE",
        "MCM_ASSERTION_ROLES",
        "MCM_ASSERTION_ROLE_CLAIM",
        "MCM_AUTH",
        "MCM_BATCH_SIZE",
        "MCM_BOOTSTRAP_EMAIL",
        "MCM_BOOTSTRAP_PASSWORD_FILE",
        "MCM_CHANNELS_PATH",
        "MCM_DASHBOARD_PATH",
        "MCM_DATABASE_POOL_SIZE",
        "MCM_DATABASE_ROLE_PASSWORDS",
        "MCM_DEMO_RATE",
        "MCM_ENRICHER_BATCH_SIZE",
        "MCM_IMAGES",
        "MCM_KAFKA_PRINCIPALS",
        "MCM_KAFKA_RETENTION_HOURS",
        "MCM_LOCAL_FOLDER",
        "MCM_LOCAL_KAFKA_PORT",
        "MCM_LOCAL_POSTGRES_PORT",
        "MCM_LOG_FORMAT",
        "MCM_LOG_LEVEL",
        "MCM_MAX_EVENT_BYTES",
        "MCM_METRICS_HOST",
        "MCM_METRICS_PORT",
        "MCM_OIDC_CLIENT_ID",
        "MCM_OIDC_CLIENT_SECRET",
        "MCM_OIDC_ISSUER",
        "MCM_OIDC_NAME",
        "MCM_OIDC_ROLES",
        "MCM_OIDC_ROLE_CLAIM",
        "MCM_OIDC_SCOPES",
        "MCM_PUBLIC_URL",
        "MCM_PUBLISH_ADDRESS",
        "MCM_PUBLISH_API_PORT",
        "MCM_PUBLISH_GRAFANA_PORT",
        "MCM_PUBLISH_KAFKA_PORT",
        "MCM_RULES_LENIENT",
        "MCM_RULES_PATH",
        "MCM_SOURCES_LEASE_S",
        "MCM_SOURCES_PATH",
        "MCM_TOPIC_PARTITIONS",
        "MCM_TOPIC_PREFIX",
        "MCM_TOPIC_REPLICATION",
        "MCM_TRIAGE_TARGETS",
        "MCM_TRUSTED_PROXIES",
        "MCM_VERSION",
        "MCM_WEBHOOK_GITHUB_SECRET",
        "MCM_WEBHOOK_OKTA_SECRET",
        "MCM_WEBHOOK_SECRETS",
        "MCM_WEBHOOK_SOURCES",
        "MCM_WORKER_CPUS",
    }
)
"""Variables of all services and of docker-compose.yml: services often share one environment."""

_PREFIX: Final = "MCM_"
_TOOLS: Final = ("BENCH_", "CHAOS_", "CHROMIUM", "ORACLE_", "SCALING_", "TEST_")
"""Variables of tests and benchmarks, which run services as they are."""

_DATABASE_URL = re.compile(r"^(postgres(ql)?://|sqlite:///)", re.ASCII)


class LogSettings(BaseSettings):
    """Logging settings."""

    model_config = SettingsConfigDict(extra="ignore")

    level: Annotated[
        Literal["debug", "info", "warning", "error"], Field(validation_alias="MCM_LOG_LEVEL", description="Least level")
    ] = "info"
    format: Annotated[
        Literal["auto", "console", "json"],
        Field(validation_alias="MCM_LOG_FORMAT", description="auto: readable on a terminal, JSON elsewhere"),
    ] = "auto"


class MetricsSettings(BaseSettings):
    """Address of the Prometheus metrics."""

    model_config = SettingsConfigDict(extra="ignore")

    host: Annotated[str, Field(validation_alias="MCM_METRICS_HOST", description="Address to listen on")] = "127.0.0.1"
    port: Annotated[
        int, Field(ge=0, le=65535, validation_alias="MCM_METRICS_PORT", description="Port; 0 takes any free one")
    ] = 0


class DatabaseSettings(BaseSettings):
    """Database settings."""

    model_config = SettingsConfigDict(extra="ignore")

    url: Annotated[
        SecretStr,
        Field(validation_alias="DATABASE_URL", description="postgresql://user:password@host/name or sqlite:///file"),
    ]
    pool_size: Annotated[
        int, Field(ge=1, le=100, validation_alias="MCM_DATABASE_POOL_SIZE", description="Connections at most")
    ] = 8

    @field_validator("url")
    @classmethod
    def _known_database(cls, url: SecretStr) -> SecretStr:
        if not _DATABASE_URL.match(url.get_secret_value()):
            raise ValueError("it must begin with postgresql:// or sqlite:///")
        return url


class EventSettings(BaseSettings):
    """Limits of events, the same for every service that accepts them."""

    model_config = SettingsConfigDict(extra="ignore")

    max_event_bytes: Annotated[
        int,
        Field(
            ge=1024,
            le=MAX_MESSAGE_BYTES,
            validation_alias="MCM_MAX_EVENT_BYTES",
            description="Maximum event size in bytes; larger events are refused or dead-lettered",
        ),
    ] = 1024 * 1024


class KafkaSettings(BaseSettings):
    """Kafka settings: cluster, login, topics."""

    model_config = SettingsConfigDict(extra="ignore")

    bootstrap_servers: Annotated[
        str, Field(min_length=1, validation_alias="KAFKA_BOOTSTRAP_SERVERS", description="host:port, comma separated")
    ] = "127.0.0.1:9092"
    security_protocol: Annotated[
        Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"],
        Field(validation_alias="KAFKA_SECURITY_PROTOCOL", description="How to connect"),
    ] = "PLAINTEXT"
    sasl_mechanism: Annotated[
        Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"],
        Field(validation_alias="KAFKA_SASL_MECHANISM", description="How to log in"),
    ] = "SCRAM-SHA-512"
    sasl_username: Annotated[
        str | None, Field(validation_alias="KAFKA_SASL_USERNAME", description="User name for SASL")
    ] = None
    sasl_password: Annotated[
        SecretStr | None, Field(validation_alias="KAFKA_SASL_PASSWORD", description="Password for SASL")
    ] = None
    ssl_ca_file: Annotated[
        str | None, Field(validation_alias="KAFKA_SSL_CA_FILE", description="CA certificates, PEM; none: the system's")
    ] = None
    topic_prefix: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9._-]{0,100}$",
            validation_alias="MCM_TOPIC_PREFIX",
            description="Put before every topic and group name, for a cluster shared with others",
        ),
    ] = ""
    topic_partitions: Annotated[
        int,
        Field(ge=1, le=1000, validation_alias="MCM_TOPIC_PARTITIONS", description="Partitions of topics made at start"),
    ] = 12
    topic_replication: Annotated[
        int,
        Field(ge=-1, le=10, validation_alias="MCM_TOPIC_REPLICATION", description="Replicas; -1: the broker's default"),
    ] = -1


def load_kafka_settings() -> KafkaSettings | None:
    """Reads the Kafka settings; None without KAFKA_BOOTSTRAP_SERVERS, for services that work without Kafka."""
    return load_settings(KafkaSettings) if os.environ.get("KAFKA_BOOTSTRAP_SERVERS") else None


def load_settings(settings: type[SettingsT]) -> SettingsT:
    """Reads settings from the environment.

    Raises ConfigurationError naming each wrong variable and what is wrong with it; never shows a value.
    """
    try:
        return settings()
    except ValidationError as error:
        lines = [
            f"{_variable(settings, detail['loc'])}: {_plain(detail)}" for detail in error.errors(include_input=False)
        ]
        raise ConfigurationError("Wrong settings in the environment:\n  " + "\n  ".join(lines)) from None


def _variable(settings: type[BaseSettings], location: tuple[int | str, ...]) -> str:
    name = str(location[0]) if location else settings.__name__
    field = settings.model_fields.get(name)
    return str(field.validation_alias) if field is not None and field.validation_alias else name


def _plain(detail: object) -> str:
    kind = detail["type"]  # type: ignore[index]
    if kind == "missing":
        return "is not set"
    return str(detail["msg"]).removeprefix("Value error, ")  # type: ignore[index]


def unknown_variables(environment: Iterable[str]) -> list[str]:
    """Lists unknown ``MCM_`` variables, each with the closest known one."""
    known = [variable.lower() for variable in KNOWN_VARIABLES]
    unknown = sorted(
        name
        for name in environment
        if name.startswith(_PREFIX)
        and name not in KNOWN_VARIABLES
        and not name.removeprefix(_PREFIX).startswith(_TOOLS)
    )
    closest = {name: close_to(name.lower(), known, cutoff=0.6) for name in unknown}
    return [name if close is None else f"{name} (did you mean {close.upper()}?)" for name, close in closest.items()]
