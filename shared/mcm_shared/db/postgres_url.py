"""Connection URLs of PostgreSQL with libpq's parameters: supported, or refused by name before anything connects."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from sqlalchemy.engine import URL

from mcm_shared.errors import ConfigurationError

_CONNECT_TIMEOUT_S: Final = 10.0
_APPLICATION: Final = "mini-compliance-monitor"
_EXAMPLE: Final = "write postgresql://user:password@host/name"

_CHOICES: Final = {
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "sslnegotiation": ("postgres", "direct"),
    "target_session_attrs": ("any", "primary", "standby", "read-write", "read-only", "prefer-standby"),
    "gssencmode": ("disable", "prefer"),
}
# what the driver takes from a URL itself
_FOR_DRIVER: Final = frozenset(
    {
        "dbname",
        "gsslib",
        "host",
        "krbsrvname",
        "passfile",
        "password",
        "port",
        "ssl_max_protocol_version",
        "ssl_min_protocol_version",
        "sslcert",
        "sslcrl",
        "sslkey",
        "sslmode",
        "sslnegotiation",
        "sslpassword",
        "sslrootcert",
        "target_session_attrs",
        "user",
    }
)
# channel binding is not in the driver, and managed databases print it into their URLs; the driver never encrypts by GSS
_WITHOUT_EFFECT: Final = frozenset({"channel_binding", "gssencmode"})
_OURS: Final = frozenset({"connect_timeout", "application_name", "fallback_application_name", "options"})
_SUPPORTED: Final = _FOR_DRIVER | _WITHOUT_EFFECT | _OURS


@dataclass(frozen=True, slots=True)
class PostgresUrl:
    """A URL of PostgreSQL taken apart: for SQLAlchemy to show, and for asyncpg to connect by."""

    shown: URL
    dsn: str = field(repr=False)
    connect_timeout_s: float = _CONNECT_TIMEOUT_S
    server_settings: Mapping[str, str] = field(default_factory=dict)
    ssl_context: ssl.SSLContext | None = None

    @property
    def connect_options(self) -> dict[str, Any]:
        """What ``asyncpg.connect`` takes, without the server settings."""
        options: dict[str, Any] = {"dsn": self.dsn, "timeout": self.connect_timeout_s}
        if self.ssl_context is not None:
            options["ssl"] = self.ssl_context
        return options


def parse_postgres_url(database_url: str) -> PostgresUrl:
    """Parses ``postgresql://user:password@host1:port1,host2/name?parameter=value``.

    Raises ConfigurationError that names the parameter which is not supported or has a wrong value; never shows a
    password.
    """
    try:
        parts = urlsplit(database_url)
        given = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True)) if parts.query else {}
    except ValueError:
        _cannot_be_read()
    if parts.fragment:
        _cannot_be_read()
    login, _, hosts = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    name = unquote(parts.path.removeprefix("/"))
    places = [_place(part) for part in hosts.split(",")] if hosts else []
    parameters = _checked(given)
    context = _system_certificates(parameters)
    query = urlencode({key: value for key, value in parameters.items() if key in _FOR_DRIVER}, quote_via=quote)
    netloc = f"{_quoted(user)}:{_quoted(password)}@{hosts}" if login else hosts
    host, port = places[0] if len(places) == 1 else (None, None)
    return PostgresUrl(
        URL.create("postgresql+asyncpg", unquote(user) or None, unquote(password) or None, host, port, name or None),
        f"postgresql://{netloc}/{quote(name, safe='')}{'?' if query else ''}{query}",
        _timeout(parameters.get("connect_timeout", "")),
        _server_settings(parameters),
        context,
    )


def _place(part: str) -> tuple[str, int | None]:
    host, colon, port = part.rpartition(":") if not part.endswith("]") else (part, "", "")
    if not colon:
        host, port = part, ""
    if (port and not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536)) or host.count("[") != host.count(
        "]"
    ):
        _cannot_be_read()
    return unquote(host).strip("[]"), int(port) if port else None


def _checked(given: Mapping[str, str]) -> dict[str, str]:
    # SQLAlchemy's spelling
    parameters = {"sslmode" if key == "ssl" else key: value for key, value in given.items()}
    for key, value in parameters.items():
        if key not in _SUPPORTED:
            raise ConfigurationError(
                f"DATABASE_URL: the parameter {key} is not supported; remove it. "
                f"Supported are {', '.join(sorted(_SUPPORTED))}"
            )
        if key in _CHOICES and value not in _CHOICES[key]:
            raise ConfigurationError(f"DATABASE_URL: {key} must be one of {', '.join(_CHOICES[key])}")
    if parameters.get("sslrootcert") != "system":
        _check_file(parameters, "sslrootcert", lambda context, path: context.load_verify_locations(cafile=path))
    _check_file(parameters, "sslcrl", lambda context, path: context.load_verify_locations(cafile=path))
    if "sslkey" in parameters and "sslcert" not in parameters:
        raise ConfigurationError("DATABASE_URL: sslkey needs sslcert, the certificate it belongs to")
    _check_file(parameters, "sslcert", lambda context, path: _load_client_certificate(context, path, parameters))
    return parameters


def _check_file(parameters: Mapping[str, str], key: str, load: Any) -> None:
    path = parameters.get(key)
    if path is None:
        return
    try:
        load(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), path)
    except ssl.SSLError as error:
        raise ConfigurationError(f"DATABASE_URL: {key} {path} cannot be used: {error.reason or error}") from None
    except OSError as error:
        raise ConfigurationError(f"DATABASE_URL: {key} {path} cannot be read: {error.strerror}") from None


def _load_client_certificate(context: ssl.SSLContext, path: str, parameters: Mapping[str, str]) -> None:
    key = parameters.get("sslkey")
    if key is not None:
        Path(key).read_bytes()
    # a key that is encrypted without a password given would ask for one on the terminal
    context.load_cert_chain(path, key, parameters.get("sslpassword", ""))


def _system_certificates(parameters: dict[str, str]) -> ssl.SSLContext | None:
    """Makes ``sslrootcert=system`` what it is in libpq: the system's authorities, and the host's name is checked."""
    if parameters.get("sslrootcert") != "system":
        return None
    context = ssl.create_default_context()
    if "sslcert" in parameters:
        _load_client_certificate(context, parameters["sslcert"], parameters)
    for key in ("sslrootcert", "sslmode", "sslcert", "sslkey", "sslpassword"):
        parameters.pop(key, None)
    return context


def _timeout(value: str) -> float:
    try:
        seconds = int(value or 0)
    except ValueError:
        raise ConfigurationError("DATABASE_URL: connect_timeout must be a whole number of seconds") from None
    # libpq waits for ever at 0; services here rather try again
    return float(seconds) if seconds > 0 else _CONNECT_TIMEOUT_S


def _server_settings(parameters: Mapping[str, str]) -> dict[str, str]:
    name = parameters.get("application_name") or parameters.get("fallback_application_name") or _APPLICATION
    settings = {"application_name": name}
    if "options" in parameters:
        settings["options"] = parameters["options"]
    return settings


def _quoted(text: str) -> str:
    return quote(unquote(text), safe="")


def _cannot_be_read() -> NoReturn:
    raise ConfigurationError(f"DATABASE_URL cannot be read; {_EXAMPLE}")
