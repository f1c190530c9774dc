"""Settings of the OIDC provider and of a proxy's assertions."""

from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from mcm_api.access.federation.role_claim import RoleClaim, parse_roles
from mcm_api.access.federation.signing_keys import read_key_file
from mcm_api.access.roles import Role
from mcm_api.http.allowed_hosts import LOOPBACK_NAMES
from mcm_shared.errors import ConfigurationError

_MAX_NAME: Final = 40


class FederationSettings(BaseSettings):
    """Which provider and which proxy may say who a user is."""

    model_config = SettingsConfigDict(extra="ignore")

    oidc_issuer: Annotated[
        str | None, Field(validation_alias="MCM_OIDC_ISSUER", description="Issuer URL of the OIDC provider")
    ] = None
    oidc_client_id: Annotated[
        str | None, Field(min_length=1, validation_alias="MCM_OIDC_CLIENT_ID", description="Client id at the provider")
    ] = None
    oidc_client_secret: Annotated[
        SecretStr | None,
        Field(validation_alias="MCM_OIDC_CLIENT_SECRET", description="Client secret; none: a public client"),
    ] = None
    oidc_name: Annotated[
        str,
        Field(
            min_length=1, max_length=_MAX_NAME, validation_alias="MCM_OIDC_NAME", description="Name on the login page"
        ),
    ] = "single sign-on"
    oidc_scopes: Annotated[
        str, Field(validation_alias="MCM_OIDC_SCOPES", description="Scopes to request, separated by spaces")
    ] = "openid email profile"
    oidc_role_claim: Annotated[
        str, Field(min_length=1, validation_alias="MCM_OIDC_ROLE_CLAIM", description="Claim that grants roles")
    ] = "roles"
    oidc_roles: Annotated[
        dict[str, Role],
        NoDecode,
        Field(validation_alias="MCM_OIDC_ROLES", description="value=role pairs of the claim, comma separated"),
    ] = {}

    assertion_header: Annotated[
        str | None,
        Field(
            pattern=r"^[A-Za-z0-9-]{1,100}$",
            validation_alias="MCM_ASSERTION_HEADER",
            description="Header with the signed assertion (JWT) of a proxy",
        ),
    ] = None
    assertion_issuer: Annotated[
        str | None, Field(validation_alias="MCM_ASSERTION_ISSUER", description="Issuer of the assertions")
    ] = None
    assertion_audience: Annotated[
        str | None, Field(validation_alias="MCM_ASSERTION_AUDIENCE", description="Audience of the assertions")
    ] = None
    assertion_jwks_url: Annotated[
        str | None, Field(validation_alias="MCM_ASSERTION_JWKS_URL", description="URL of the proxy's keys (JWKS)")
    ] = None
    assertion_key_file: Annotated[
        Path | None,
        Field(validation_alias="MCM_ASSERTION_KEY_FILE", description="The proxy's public key (PEM) or JWKS"),
    ] = None
    assertion_role_claim: Annotated[
        str, Field(min_length=1, validation_alias="MCM_ASSERTION_ROLE_CLAIM", description="Claim that grants roles")
    ] = "roles"
    assertion_roles: Annotated[
        dict[str, Role],
        NoDecode,
        Field(validation_alias="MCM_ASSERTION_ROLES", description="value=role pairs of the claim, comma separated"),
    ] = {}

    @field_validator("oidc_issuer", "assertion_jwks_url")
    @classmethod
    def _is_issuer(cls, url: str | None) -> str | None:
        return None if not url else require_secure_url(url)

    @field_validator("oidc_roles", "assertion_roles", mode="before")
    @classmethod
    def _roles(cls, roles: str | dict[str, Any]) -> dict[str, Any]:
        return dict(parse_roles(roles)) if isinstance(roles, str) else roles

    @property
    def oidc_claim(self) -> RoleClaim:
        """The claim of the provider that grants roles."""
        return RoleClaim(self.oidc_role_claim, self.oidc_roles)


def require_complete(settings: FederationSettings) -> None:
    """Raises ConfigurationError for a provider that is configured in part."""
    if settings.oidc_issuer is None:
        given = [
            name
            for name, value in (
                ("MCM_OIDC_CLIENT_ID", settings.oidc_client_id),
                ("MCM_OIDC_CLIENT_SECRET", settings.oidc_client_secret),
                ("MCM_OIDC_ROLES", settings.oidc_roles),
            )
            if value
        ]
        if given:
            raise ConfigurationError(f"set MCM_OIDC_ISSUER to the provider's issuer URL, or unset {', '.join(given)}")
        return
    if settings.oidc_client_id is None:
        raise ConfigurationError("set MCM_OIDC_CLIENT_ID to the client id that the provider gave this application")
    if not settings.oidc_roles:
        raise ConfigurationError(
            f"set MCM_OIDC_ROLES to the values of the claim {settings.oidc_role_claim!r} that grant roles, such as"
            " mcm-admins=admin,mcm-viewers=viewer; without it no user of the provider has access"
        )
    if "openid" not in settings.oidc_scopes.split():
        raise ConfigurationError("MCM_OIDC_SCOPES must include openid")


def require_complete_assertions(settings: FederationSettings, *, has_proxies: bool) -> None:
    """Raises ConfigurationError for assertions of a proxy that are configured in part."""
    given = {
        "MCM_ASSERTION_HEADER": settings.assertion_header,
        "MCM_ASSERTION_ISSUER": settings.assertion_issuer,
        "MCM_ASSERTION_AUDIENCE": settings.assertion_audience,
        "MCM_ASSERTION_ROLES": settings.assertion_roles,
        "MCM_ASSERTION_JWKS_URL or MCM_ASSERTION_KEY_FILE": settings.assertion_jwks_url or settings.assertion_key_file,
    }
    missing = [name for name, value in given.items() if not value]
    if len(missing) == len(given):
        return
    if missing:
        raise ConfigurationError(f"assertions of a proxy need {', '.join(missing)} too; set it, or unset all of them")
    if settings.assertion_jwks_url and settings.assertion_key_file:
        raise ConfigurationError("set MCM_ASSERTION_JWKS_URL or MCM_ASSERTION_KEY_FILE, not both")
    if not has_proxies:
        raise ConfigurationError(
            "set MCM_TRUSTED_PROXIES to the address of the proxy: assertions are accepted from it alone"
        )
    if (settings.assertion_header or "").lower() in {"authorization", "cookie", "host"}:
        raise ConfigurationError("MCM_ASSERTION_HEADER must be a header that only the proxy sets")
    if settings.assertion_key_file is not None:
        try:
            read_key_file(settings.assertion_key_file)
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"MCM_ASSERTION_KEY_FILE {settings.assertion_key_file}: {error}") from None


def require_secure_url(url: str) -> str:
    """Returns a URL of https, or of plain http on loopback; raises ValueError for any other."""
    parts = urlsplit(url)
    loopback = parts.hostname in {name.strip("[]") for name in LOOPBACK_NAMES}
    if not parts.hostname or parts.scheme not in ({"https", "http"} if loopback else {"https"}):
        raise ValueError("it must be a URL that begins with https://")
    if parts.query or parts.fragment or parts.username or parts.password:
        raise ValueError("it must be a URL without user name, query and fragment")
    return url
