"""Middleware against DNS rebinding and cross-site requests: refuses what pages of other sites make a browser send."""

from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from mcm_api.http.allowed_hosts import AllowedHosts
from mcm_api.http.problems import problem_response

PROBES: Final = frozenset({"/health", "/ready"})
"""Paths served under every host name: health checks use addresses that change, and learn nothing but the state."""

_SAFE: Final = frozenset({"GET", "HEAD"})
_EMBEDDED: Final = frozenset({"iframe", "frame", "object", "embed"})
_NOT_THIS_HOST: Final = (
    "This server does not serve the host of the request. If the host is right, set MCM_PUBLIC_URL to the URL that"
    " browsers use, or add the host to MCM_API_ALLOWED_HOSTS."
)
_CROSS_SITE: Final = (
    "A page of another site must not read or change anything here. If the page is the dashboard behind a proxy, set"
    " MCM_PUBLIC_URL to the URL that browsers use."
)


class CrossSiteProtection:
    """Responds with 421 to a host that is not allowed, and with 403 to requests made by pages of other sites.

    A link from another site may be followed: navigations are let through. Programs send neither ``Origin`` nor
    ``Sec-Fetch-Site``, so only their host is checked.
    """

    def __init__(self, app: ASGIApp, allowed: AllowedHosts) -> None:
        self._app = app
        self._allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await problem_response(scope["state"]["request_id"], *refusal)(scope, receive, send)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        host = hosts[0] if len(hosts) == 1 else ""
        if scope["path"] not in PROBES and not self._allowed.allows_host(host, _listen_port(scope)):
            return 421, _NOT_THIS_HOST
        origin = headers.get("origin")
        foreign_site = headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}
        foreign_origin = origin is not None and not self._allowed.allows_origin(origin, host)
        if foreign_origin or (foreign_site and not _is_navigation(scope["method"], headers)):
            return 403, _CROSS_SITE
        return None


def _is_navigation(method: str, headers: Headers) -> bool:
    destination = headers.get("sec-fetch-dest", "document")
    return method in _SAFE and headers.get("sec-fetch-mode") == "navigate" and destination not in _EMBEDDED


def _listen_port(scope: Scope) -> int:
    _, port = scope.get("server") or (None, None)
    return port or 80
