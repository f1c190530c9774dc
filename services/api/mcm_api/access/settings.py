"""Settings of authentication."""

import ipaddress
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from mcm_api.access.addresses import Network, parse_network
from mcm_api.access.federation.settings import (
    FederationSettings,
    require_complete,
    require_complete_assertions,
)
from mcm_api.http.allowed_hosts import LOOPBACK_NAMES
from mcm_shared.errors import ConfigurationError

_WILDCARDS: Final = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 (compared, not listened on)


class AccessSettings(FederationSettings):
    """Whether and how people and programs authenticate."""

    model_config = SettingsConfigDict(extra="ignore")

    auth: Annotated[
        Literal["on", "off"],
        Field(validation_alias="MCM_AUTH", description="off: no login, on loopback only"),
    ] = "on"
    publish_address: Annotated[
        str | None,
        Field(validation_alias="MCM_PUBLISH_ADDRESS", description="Address that a container's port is published on"),
    ] = None
    trusted_proxies: Annotated[
        tuple[Network, ...],
        NoDecode,
        Field(validation_alias="MCM_TRUSTED_PROXIES", description="Addresses and networks of proxies"),
    ] = ()
    bootstrap_email: Annotated[
        str | None, Field(validation_alias="MCM_BOOTSTRAP_EMAIL", description="E-mail of the first administrator")
    ] = None
    bootstrap_password_file: Annotated[
        Path | None,
        Field(validation_alias="MCM_BOOTSTRAP_PASSWORD_FILE", description="File with the administrator's password"),
    ] = None
    requests_per_s: Annotated[
        float,
        Field(gt=0, validation_alias="MCM_API_REQUESTS_PER_S", description="Requests a second of one identity"),
    ] = 1000.0

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _networks(cls, networks: str | tuple[str, ...]) -> tuple[Network, ...]:
        texts = networks.split(",") if isinstance(networks, str) else networks
        return tuple(parse_network(text) for text in texts if text.strip())


def require_closed(access: AccessSettings, host: str, public_url: str | None, hosts: tuple[str, ...]) -> None:
    """Raises ConfigurationError where other machines could reach the API without a login, or log in without HTTPS."""
    if access.auth == "off":
        if not _is_loopback(host) and not (host in _WILDCARDS and _is_loopback(access.publish_address or "none")):
            raise ConfigurationError(
                f"MCM_AUTH=off serves everything without a login, and MCM_API_HOST={host} lets other machines reach it;"
                " set MCM_AUTH=on, or MCM_API_HOST=127.0.0.1 (in a container, publish the port on loopback and set"
                " MCM_PUBLISH_ADDRESS=127.0.0.1)"
            )
        names = [name for name in (*hosts, _host_of(public_url)) if name and not _is_loopback_name(name)]
        if names:
            raise ConfigurationError(
                f"MCM_AUTH=off serves loopback names only, not {', '.join(names)}; set MCM_AUTH=on, or take them out of"
                " MCM_API_ALLOWED_HOSTS and MCM_PUBLIC_URL"
            )
        return
    require_complete(access)
    require_complete_assertions(access, has_proxies=bool(access.trusted_proxies))
    if public_url is not None and public_url.startswith("http://") and not _is_loopback_name(_host_of(public_url)):
        raise ConfigurationError(
            "MCM_PUBLIC_URL must begin with https://, because session cookies are not sent over plain HTTP; set it to"
            " the HTTPS URL of the proxy"
        )
    if (access.bootstrap_email is None) != (access.bootstrap_password_file is None):
        raise ConfigurationError("set both MCM_BOOTSTRAP_EMAIL and MCM_BOOTSTRAP_PASSWORD_FILE, or neither")


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_loopback_name(host: str) -> bool:
    bare = host if host.endswith("]") else host.rsplit(":", 1)[0]
    return bare in LOOPBACK_NAMES or _is_loopback(bare)


def _host_of(url: str | None) -> str:
    return "" if url is None else url.partition("://")[2]
