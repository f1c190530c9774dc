"""Settings of the API, beside those that every service shares."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from mcm_api.access.settings import AccessSettings
from mcm_api.http.allowed_hosts import parse_host, parse_public_url
from mcm_api.http.dashboard import BUILT
from mcm_api.http.webhook_secrets import WebhookSecrets, parse_named_secrets, parse_named_sources, require_secret
from mcm_api.resources.triage_targets import TriageTargets
from mcm_shared.settings import EventSettings


class ApiSettings(AccessSettings, EventSettings):
    """Where the API listens and how long it waits for others."""

    model_config = SettingsConfigDict(extra="ignore")

    host: Annotated[str, Field(validation_alias="MCM_API_HOST", description="Address to listen on")] = "127.0.0.1"
    port: Annotated[
        int, Field(ge=0, le=65535, validation_alias="MCM_API_PORT", description="Port; 0 takes any free one")
    ] = 8000
    public_url: Annotated[
        str | None,
        Field(validation_alias="MCM_PUBLIC_URL", description="URL of the dashboard's server as browsers see it"),
    ] = None
    allowed_hosts: Annotated[
        tuple[str, ...],
        NoDecode,
        Field(validation_alias="MCM_API_ALLOWED_HOSTS", description="More host names of the API, comma separated"),
    ] = ()
    query_timeout_s: Annotated[
        float,
        Field(gt=0, le=300, validation_alias="MCM_API_QUERY_TIMEOUT_S", description="Seconds a query may take"),
    ] = 10.0
    intake_timeout_s: Annotated[
        float,
        Field(gt=0, le=60, validation_alias="MCM_API_INTAKE_TIMEOUT_S", description="Seconds Kafka may take to accept"),
    ] = 10.0
    max_streams: Annotated[
        int,
        Field(
            ge=1, le=100_000, validation_alias="MCM_API_MAX_STREAMS", description="Who may listen to /stream at once"
        ),
    ] = 1000
    max_streams_per_address: Annotated[
        int,
        Field(
            ge=1,
            le=100_000,
            validation_alias="MCM_API_MAX_STREAMS_PER_ADDRESS",
            description="Subscribers of /stream from one address",
        ),
    ] = 500
    max_connections: Annotated[
        int,
        Field(ge=32, le=60_000, validation_alias="MCM_API_MAX_CONNECTIONS", description="Connections at once"),
    ] = 2000
    max_connections_per_address: Annotated[
        int | None,
        Field(
            ge=1,
            le=60_000,
            validation_alias="MCM_API_MAX_CONNECTIONS_PER_ADDRESS",
            description="Connections from one address at once; none: half of all",
        ),
    ] = None
    max_requests: Annotated[
        int,
        Field(
            ge=1,
            le=10_000,
            validation_alias="MCM_API_MAX_REQUESTS",
            description="Requests in progress, without streams; more get 503 at once",
        ),
    ] = 200
    max_body_bytes: Annotated[
        int,
        Field(
            ge=8 * 1024 * 1024,
            validation_alias="MCM_API_MAX_BODY_BYTES",
            description="Bytes that the bodies of all requests in progress may have, beyond 64 KiB each",
        ),
    ] = 32 * 1024 * 1024
    dashboard_path: Annotated[
        Path,
        Field(validation_alias="MCM_DASHBOARD_PATH", description="The folder that the dashboard was built into"),
    ] = BUILT
    kafka_bootstrap_servers: Annotated[
        str | None,
        Field(
            min_length=1,
            validation_alias="KAFKA_BOOTSTRAP_SERVERS",
            description="host:port, comma separated; unset: no intake of events",
        ),
    ] = None

    triage_targets: Annotated[
        str,
        Field(
            validation_alias="MCM_TRIAGE_TARGETS",
            description="In which time to close findings, by severity: critical=12h,high=3d",
        ),
    ] = "critical=1d,high=7d,medium=30d,low=90d"
    webhook_github_secret: Annotated[
        SecretStr | None,
        Field(validation_alias="MCM_WEBHOOK_GITHUB_SECRET", description="Secret of GitHub's webhooks"),
    ] = None
    webhook_okta_secret: Annotated[
        SecretStr | None,
        Field(validation_alias="MCM_WEBHOOK_OKTA_SECRET", description="Authorization header of Okta's event hooks"),
    ] = None
    webhook_secrets: Annotated[
        SecretStr | None,
        Field(validation_alias="MCM_WEBHOOK_SECRETS", description="name=secret of other webhooks, comma separated"),
    ] = None
    webhook_sources: Annotated[
        str,
        Field(
            validation_alias="MCM_WEBHOOK_SOURCES",
            description="name=source: sources that such a webhook may push beside its own, comma separated",
        ),
    ] = ""

    @property
    def webhooks(self) -> WebhookSecrets:
        """The secrets of webhooks, and the sources that they may push."""
        github, okta = (
            None if secret is None else secret.get_secret_value()
            for secret in (self.webhook_github_secret, self.webhook_okta_secret)
        )
        named = "" if self.webhook_secrets is None else self.webhook_secrets.get_secret_value()
        return WebhookSecrets(github, okta, parse_named_secrets(named), parse_named_sources(self.webhook_sources))

    @field_validator("triage_targets")
    @classmethod
    def _are_targets(cls, targets: str) -> str:
        TriageTargets.parse(targets)
        return targets

    @field_validator("webhook_github_secret", "webhook_okta_secret")
    @classmethod
    def _is_secret(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None:
            require_secret(secret.get_secret_value())
        return secret

    @field_validator("webhook_secrets")
    @classmethod
    def _are_secrets(cls, secrets: SecretStr | None) -> SecretStr | None:
        if secrets is not None:
            parse_named_secrets(secrets.get_secret_value())
        return secrets

    @field_validator("webhook_sources")
    @classmethod
    def _are_sources(cls, sources: str, info: ValidationInfo) -> str:
        secrets: SecretStr | None = info.data.get("webhook_secrets")
        named = parse_named_secrets(secrets.get_secret_value()) if secrets else {}
        unknown = sorted(parse_named_sources(sources).keys() - named.keys())
        if unknown:
            raise ValueError(f"there is no webhook {unknown[0]}; give it a secret in MCM_WEBHOOK_SECRETS")
        return sources

    @field_validator("public_url", mode="before")
    @classmethod
    def _origin(cls, url: str | None) -> str | None:
        return parse_public_url(url) if url else None

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _hosts(cls, hosts: str | tuple[str, ...]) -> tuple[str, ...]:
        names = hosts.split(",") if isinstance(hosts, str) else hosts
        return tuple(parse_host(name) for name in names if name.strip())
