"""Host allowlist: the names under which browsers may reach the API, against DNS rebinding."""

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

LOOPBACK_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_WILDCARDS: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 (compared, not listened on)
_HOST: Final = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)(?::([0-9]{1,5}))?", re.ASCII)


class AllowedHosts:
    """Decides whether a ``Host`` and an ``Origin`` header name this server.

    Allowed are the loopback names with the port the server listens on, the address it listens on, the host of the
    public URL, and the configured hosts; a configured host without a port is allowed with every port.
    """

    def __init__(self, listen_host: str, public_url: str | None, hosts: Sequence[str]) -> None:
        """Takes valid settings: see ``parse_public_url`` and ``parse_host``."""
        self._names = set(LOOPBACK_NAMES)
        if listen_host not in _WILDCARDS:
            self._names.add(f"[{listen_host}]" if ":" in listen_host else listen_host.lower())
        self._any_port = {host for host in hosts if _split(host)[1] is None}
        self._exact = {_split(host) for host in hosts if host not in self._any_port}
        self._public_url = public_url
        if public_url is not None:
            parts = urlsplit(public_url)
            host, port = _split(parts.netloc)
            self._exact.add((host, port or _DEFAULT_PORTS[parts.scheme]))
            if parts.scheme == "https":
                self._exact.add((host, None))

    def allows_host(self, host: str, listen_port: int) -> bool:
        """Tells whether a request with this ``Host`` header was meant for this server."""
        try:
            name, port = _split(host.lower())
        except ValueError:
            return False
        if name in self._any_port or (name, port) in self._exact:
            return True
        port = port or _DEFAULT_PORTS["http"]
        return (name, port) in self._exact or (name in self._names and port == listen_port)

    def allows_origin(self, origin: str, host: str) -> bool:
        """Tells whether a page of this origin belongs to the server that was asked as ``host``.

        The whole origin counts, scheme and port too: it is the public URL, or plain HTTP at the host asked for.
        """
        return origin == self._public_url or origin == f"http://{host.lower()}"


def parse_host(text: str) -> str:
    """Parses a host with an optional port; raises ValueError for anything else, such as a URL or a wildcard."""
    host = text.strip().lower()
    _split(host)
    return host


def parse_public_url(text: str) -> str:
    """Parses the URL of the server as browsers see it into an origin; raises ValueError when it is not one."""
    parts = urlsplit(text.strip().lower())
    if parts.scheme not in _DEFAULT_PORTS or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("it must be http:// or https:// with a host and nothing after it")
    host, port = _split(parts.netloc)
    # browsers leave the usual port out of an origin
    return f"{parts.scheme}://{host}" + ("" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}")


def _split(host: str) -> tuple[str, int | None]:
    match = _HOST.fullmatch(host)
    if match is None:
        raise ValueError(f"{host!r} is not a host such as monitor.example.com or 10.0.0.5:8000")
    return match[1], int(match[2]) if match[2] else None
