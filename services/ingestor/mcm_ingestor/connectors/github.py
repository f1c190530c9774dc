"""Settings and authorisation of the connectors for GitHub."""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Final

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from pydantic import Field, SecretStr, model_validator

from mcm_ingestor.connectors.errors import SourceDownError, SourceUnauthorisedError
from mcm_ingestor.connectors.http_client import request_json
from mcm_ingestor.connectors.settings import SourceSettings

_VERSION: Final = {"x-github-api-version": "2022-11-28", "user-agent": "mini-compliance-monitor"}
_APP_TOKEN_S: Final = 540
_RENEW_BEFORE_S: Final = 300
_INSTALLATION_TOKEN_S: Final = 3600
_CREATED: Final = 201


class GithubSettings(SourceSettings):
    """How to log in to GitHub: with a token, or as an installed GitHub App."""

    api_url: Annotated[
        str, Field(pattern=r"^https?://[^?#]+[^/?#]$", description="GitHub Enterprise Server: https://host/api/v3")
    ] = "https://api.github.com"
    token: Annotated[SecretStr | None, Field(description="Personal access token")] = None
    app_id: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9._-]{1,60}$", description="Id of a GitHub App")] = None
    installation_id: Annotated[str | None, Field(pattern=r"^[0-9]{1,20}$")] = None
    private_key: Annotated[SecretStr | None, Field(description="Private key of the GitHub App, PEM")] = None

    @model_validator(mode="after")
    def _one_login(self) -> "GithubSettings":
        app = (self.app_id, self.installation_id, self.private_key)
        if (self.token is None) == (None in app):
            raise ValueError("set either token, or app_id, installation_id and private_key")
        return self


def authorisation(
    client: httpx2.AsyncClient, settings: GithubSettings
) -> Callable[[bool], Awaitable[Mapping[str, str]]]:
    """Returns what makes the headers of a request; a GitHub App's token is renewed before it expires."""
    held: tuple[str, float] | None = None

    async def authorise(renew: bool) -> Mapping[str, str]:
        nonlocal held
        if settings.token is not None:
            return {**_VERSION, "authorization": f"Bearer {settings.token.get_secret_value()}"}
        if held is None or renew or time.time() > held[1] - _RENEW_BEFORE_S:
            held = (await _installation_token(client, settings), time.time() + _INSTALLATION_TOKEN_S)
        return {**_VERSION, "authorization": f"Bearer {held[0]}"}

    return authorise


async def _installation_token(client: httpx2.AsyncClient, settings: GithubSettings) -> str:
    now = int(time.time())
    claims = {"iat": now - 60, "exp": now + _APP_TOKEN_S, "iss": settings.app_id}
    key = settings.private_key.get_secret_value() if settings.private_key else ""
    try:
        signed = jwt.encode({"alg": "RS256"}, claims, RSAKey.import_key(key.replace("\\n", "\n")))
    except (ValueError, TypeError, JoseError):
        raise SourceUnauthorisedError("private_key is no RSA key in PEM") from None
    response = await request_json(
        client,
        "POST",
        f"{settings.api_url}/app/installations/{settings.installation_id}/access_tokens",
        headers={**_VERSION, "authorization": f"Bearer {signed}"},
    )
    token = response.data.get("token") if isinstance(response.data, dict) else None
    if response.status >= httpx2.codes.INTERNAL_SERVER_ERROR:
        raise SourceDownError(f"GitHub is down: HTTP {response.status}")
    if response.status != _CREATED or not isinstance(token, str):
        raise SourceUnauthorisedError(f"GitHub refuses the App: HTTP {response.status}; check its id and installation")
    return token
