"""OIDC provider: discovery, the authorization code flow with PKCE and nonce, and logout."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc.errors import JoseError

from mcm_api.access.federation.errors import IdentityRefusedError, ProviderDownError
from mcm_api.access.federation.json_http import TIMEOUT_S, read_json, tls_context
from mcm_api.access.federation.role_claim import RoleClaim
from mcm_api.access.federation.settings import require_secure_url
from mcm_api.access.federation.signing_keys import LEEWAY_S, SigningKeys
from mcm_api.access.secret_values import hash_of

_METADATA_AGE_S: Final = 3600.0
_ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_OPTIONAL_ENDPOINTS: Final = ("userinfo_endpoint", "end_session_endpoint")
_MAX_SUBJECT: Final = 255


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """A provider and the client that this product is to it."""

    issuer: str
    client_id: str
    client_secret: str | None
    name: str
    scopes: str
    role_claim: RoleClaim


@dataclass(frozen=True, slots=True)
class LoginAttempt:
    """A login that has begun: its state, and the secret in the cookie of the browser that began it.

    Nonce and code verifier are derived from both, so the database holds neither.
    """

    state: str
    secret: str

    @property
    def nonce(self) -> str:
        """The value that binds the ID token to this attempt."""
        return hash_of(f"nonce {self.state} {self.secret}")

    @property
    def code_verifier(self) -> str:
        """The secret of PKCE, which binds the code to this attempt."""
        return hash_of(f"code verifier {self.state} {self.secret}")


@dataclass(frozen=True, slots=True)
class ProviderIdentity:
    """Whom the provider logged in; ``id_token`` is the hint for its logout."""

    subject: str
    claims: Mapping[str, Any]
    id_token: str


class OidcProvider:
    """Relying party of one provider. Raises ProviderDownError and IdentityRefusedError."""

    def __init__(self, config: ProviderConfig) -> None:
        self.config = config
        self._metadata: dict[str, Any] | None = None
        self._read_at = 0.0
        self._keys = SigningKeys(self._read_keys)

    async def metadata(self) -> dict[str, Any]:
        """Returns the provider's metadata (OpenID Connect Discovery), read at most once an hour."""
        if self._metadata is None or time.monotonic() - self._read_at >= _METADATA_AGE_S:
            found = await read_json(f"{self.config.issuer.rstrip('/')}/.well-known/openid-configuration")
            self._metadata, self._read_at = _checked(found, self.config.issuer), time.monotonic()
        return self._metadata

    async def authorization_url(self, redirect_uri: str, attempt: LoginAttempt) -> str:
        """Returns the URL at which the provider logs the user in."""
        metadata = await self.metadata()
        async with self._client(metadata, redirect_uri) as client:
            url, _ = client.create_authorization_url(
                metadata["authorization_endpoint"],
                state=attempt.state,
                nonce=attempt.nonce,
                code_verifier=attempt.code_verifier,
            )
        return str(url)

    async def redeem(self, code: str, redirect_uri: str, attempt: LoginAttempt) -> ProviderIdentity:
        """Exchanges an authorization code for the identity that logged in."""
        metadata = await self.metadata()
        try:
            async with self._client(metadata, redirect_uri) as client:
                tokens = await client.fetch_token(
                    metadata["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    redirect_uri=redirect_uri,
                    code_verifier=attempt.code_verifier,
                )
        except AuthlibBaseError as error:
            raise IdentityRefusedError(f"the provider refuses the code ({_code_of(error)})") from None
        except (httpx2.HTTPError, ValueError) as error:
            raise ProviderDownError(f"the token endpoint does not respond: {type(error).__name__}") from None
        id_token, access_token = tokens.get("id_token"), tokens.get("access_token")
        if not isinstance(id_token, str):
            raise IdentityRefusedError("the provider sent no ID token; MCM_OIDC_SCOPES must include openid")
        claims = await self._verified(id_token, access_token, attempt)
        if not self.config.role_claim.is_in(claims) and isinstance(access_token, str):
            claims = {**await self._userinfo(metadata, access_token, claims["sub"]), **claims}
        return ProviderIdentity(claims["sub"], claims, id_token)

    async def logout_url(self, id_token: str | None, return_to: str) -> str | None:
        """Returns the URL that ends the session at the provider; None where the provider offers none."""
        endpoint = (await self.metadata()).get("end_session_endpoint")
        if endpoint is None:
            return None
        parameters = {"client_id": self.config.client_id, "post_logout_redirect_uri": return_to}
        if id_token is not None:
            parameters["id_token_hint"] = id_token
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(parameters)}"

    def _client(self, metadata: Mapping[str, Any], redirect_uri: str) -> AsyncOAuth2Client:
        # by the specification a provider that lists no methods accepts the first
        methods = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        method = "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
        return AsyncOAuth2Client(
            self.config.client_id,
            self.config.client_secret,
            token_endpoint_auth_method=method if self.config.client_secret else "none",
            scope=self.config.scopes,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            timeout=TIMEOUT_S,
            follow_redirects=False,
            verify=tls_context(),
        )

    async def _read_keys(self) -> Any:
        return await read_json((await self.metadata())["jwks_uri"])

    async def _verified(self, id_token: str, access_token: Any, attempt: LoginAttempt) -> dict[str, Any]:
        token = await self._keys.verify(id_token)
        claims = CodeIDToken(
            token.claims,
            token.header,
            {"iss": {"essential": True, "value": self.config.issuer}, "aud": {"value": self.config.client_id}},
            {"nonce": attempt.nonce, "client_id": self.config.client_id, "access_token": access_token},
        )
        try:
            claims.validate(leeway=LEEWAY_S)
        except (JoseError, ValueError, TypeError) as error:
            raise IdentityRefusedError(f"the ID token is not valid: {error}") from None
        require_subject(claims["sub"])
        return dict(claims)

    async def _userinfo(self, metadata: Mapping[str, Any], access_token: str, subject: str) -> dict[str, Any]:
        endpoint = metadata.get("userinfo_endpoint")
        if endpoint is None:
            return {}
        found = await read_json(endpoint, {"Authorization": f"Bearer {access_token}"})
        if not isinstance(found, dict) or found.get("sub") != subject:
            raise IdentityRefusedError("the userinfo is of another subject")
        return found


def require_subject(subject: object) -> str:
    """Returns the subject of a token; raises IdentityRefusedError for one that identifies no user."""
    if not isinstance(subject, str) or not 0 < len(subject) <= _MAX_SUBJECT or not subject.isprintable():
        raise IdentityRefusedError("the subject is missing or not valid")
    return subject


def _checked(found: Any, issuer: str) -> dict[str, Any]:
    if not isinstance(found, dict) or found.get("issuer") != issuer:
        named = found.get("issuer") if isinstance(found, dict) else None
        raise ProviderDownError(f"the provider's metadata names the issuer {named!r}, MCM_OIDC_ISSUER is {issuer!r}")
    endpoints = {name: found[name] for name in _OPTIONAL_ENDPOINTS if found.get(name)}
    endpoints |= {name: found.get(name) for name in _ENDPOINTS}
    for name, url in endpoints.items():
        try:
            require_secure_url(str(url).partition("?")[0])
        except ValueError as error:
            raise ProviderDownError(f"the provider's metadata has no usable {name}: {error}") from None
    return found


def _code_of(error: AuthlibBaseError) -> str:
    code = str(error.error or "")
    return code if code.replace("_", "").isascii() and code.replace("_", "").isalpha() else "error"
