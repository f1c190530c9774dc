"""The session cookie: ``__Host-`` with Secure behind HTTPS, a plain one over HTTP on loopback, none elsewhere."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import Response

from mcm_api.http.allowed_hosts import LOOPBACK_NAMES

SECURE_PREFIX: Final = "__Host-"


@dataclass(frozen=True, slots=True)
class CookiePolicy:
    """Decides by the host of a request which cookies it may carry; ``public_url`` is the URL that browsers use."""

    public_url: str | None

    def name(self, headers: Headers, name: str) -> str | None:
        """Returns the name of a cookie for the connection of a request; None where cookies would not be safe.

        The server does not see whether a proxy received the request by HTTPS: the host decides, and a proxy's own
        word that it was plain HTTP.
        """
        host = headers.get("host", "").lower()
        bare = host if host.endswith("]") else host.rsplit(":", 1)[0]
        if bare in LOOPBACK_NAMES and not self._is_public(host):
            return name
        forwarded = headers.get("x-forwarded-proto", "https").split(",")[0].strip().lower()
        if self._is_public(host) and forwarded == "https":
            return SECURE_PREFIX + name
        return None

    def origin(self, headers: Headers) -> str:
        """Returns the URL by which the browser of a request reaches this server, where cookies are safe."""
        host = headers.get("host", "").lower()
        return self.public_url if self.public_url and self._is_public(host) else f"http://{host}"

    def read(self, headers: Headers, name: str) -> str | None:
        """Reads a cookie of a request; None when it has none that is acceptable."""
        full = self.name(headers, name)
        if full is None:
            return None
        values = []
        for header in headers.getlist("cookie"):
            cookies = dict(pair.strip().partition("=")[::2] for pair in header.split(";"))
            if full in cookies:
                values.append(cookies[full])
        return values[0] if len(values) == 1 else None

    def set(self, response: Response, headers: Headers, name: str, value: str, max_age_s: int) -> bool:
        """Sets a cookie; False, and no cookie, where it would not be safe."""
        full = self.name(headers, name)
        if full is None:
            return False
        secure = full.startswith(SECURE_PREFIX)
        response.set_cookie(full, value, max_age=max_age_s, path="/", secure=secure, httponly=True, samesite="lax")
        return True

    def clear(self, response: Response, headers: Headers, name: str) -> None:
        """Deletes a cookie."""
        full = self.name(headers, name)
        if full is not None:
            secure = full.startswith(SECURE_PREFIX)
            response.delete_cookie(full, path="/", secure=secure, httponly=True, samesite="lax")

    def _is_public(self, host: str) -> bool:
        if self.public_url is None:
            return False
        parts = urlsplit(self.public_url)
        return parts.scheme == "https" and host in {parts.netloc, f"{parts.hostname}:{parts.port or 443}"}


def without_quoted(header: bytes) -> bytes:
    """Leaves quoted cookies out of a Cookie header; own ones are never quoted.

    The framework reads the cookies of every request by the standard library, which removes quotes in time quadratic in
    the length of what anyone may send.
    """
    return b";".join(pair for pair in header.split(b";") if b'"' not in pair)


SESSION_COOKIE: Final = "mcm_session"
"""The cookie that holds the secret of a session."""

LOGIN_COOKIE: Final = "mcm_login"
"""The cookie that binds a login at the OIDC provider to the browser that began it."""
