"""OIDC provider on loopback: oidc-provider-mock, which also verifies PKCE, as real providers do."""

import base64
import hashlib
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import oidc_provider_mock
from werkzeug.serving import make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CLIENT_ID = "mcm"
CLIENT_SECRET = "secret of the client at the provider"


@dataclass
class OidcProviderUnderTest:
    """A running provider; ``challenges`` are the PKCE challenges by code."""

    application: "WSGIApplication"
    url: str = ""
    challenges: dict[str, str] = field(default_factory=dict)
    redeemed: list[dict[str, str]] = field(default_factory=list)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Serves one request."""
        if environ["PATH_INFO"] == "/oauth2/token":
            body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
            environ["wsgi.input"] = io.BytesIO(body)
            form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            self.redeemed.append(form)
            if _challenge(form.get("code_verifier", "")) != self.challenges.get(form.get("code", "")):
                start_response("400 Bad Request", [("Content-Type", "application/json")])
                return [b'{"error": "invalid_grant"}']
        asked = parse_qs(environ["QUERY_STRING"])

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            for name, value in headers:
                if environ["PATH_INFO"] == "/oauth2/authorize" and name.lower() == "location":
                    code = parse_qs(urlsplit(value).query).get("code", [""])[0]
                    self.challenges[code] = asked.get("code_challenge", [""])[0]
            return start_response(status, headers, *more)

        return self.application(environ, start)

    def set_user(self, subject: str, **claims: Any) -> None:
        """Sets the claims of a user."""
        httpx.put(f"{self.url}/users/{quote(subject, safe='')}", json=claims).raise_for_status()

    def log_in(self, authorization_url: str, subject: str) -> str:
        """Logs a user in at the provider, and returns the URL that the browser is sent back to."""
        response = httpx.post(authorization_url, data={"sub": subject})
        assert response.status_code == 302, response.text
        return response.headers["location"]

    def settings(self, **more: str) -> dict[str, str]:
        """Settings of an API whose users log in here."""
        return {
            "MCM_OIDC_ISSUER": self.url,
            "MCM_OIDC_CLIENT_ID": CLIENT_ID,
            "MCM_OIDC_CLIENT_SECRET": CLIENT_SECRET,
            "MCM_OIDC_NAME": "Acme Login",
            "MCM_OIDC_ROLE_CLAIM": "groups",
            "MCM_OIDC_ROLES": "mcm-viewers=viewer,mcm-analysts=analyst,mcm-admins=admin",
            **more,
        }


@contextmanager
def running_oidc_provider() -> Iterator[OidcProviderUnderTest]:
    """Runs a provider on a free port of loopback."""
    provider = OidcProviderUnderTest(oidc_provider_mock.app(require_nonce=True))
    server = make_server("localhost", 0, provider, threaded=True)
    provider.url = f"http://localhost:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
