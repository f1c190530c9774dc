"""Secrets of webhooks, without which an endpoint does not exist, and the sources that each may push."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from mcm_shared.contracts.events import SOURCE_PATTERN, require_own_identity
from mcm_shared.contracts.sources import INGESTOR_SOURCE
from mcm_shared.errors import PoisonEventError

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
_SOURCE: Final = re.compile(SOURCE_PATTERN)
_MIN_LENGTH: Final = 16


@dataclass(frozen=True, slots=True)
class WebhookSecrets:
    """The secret of each endpoint, None where it is not set, and the sources of generic ones beside their own."""

    github: str | None = field(default=None, repr=False)
    okta: str | None = field(default=None, repr=False)
    generic: Mapping[str, str] = field(default_factory=dict, repr=False)
    sources: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def may_push(self, name: str, source: str) -> bool:
        """Whether a generic webhook may push a source: its secret is known to one sender, who speaks for no other."""
        return source == name or source in self.sources.get(name, ())


def require_secret(secret: str) -> str:
    """Returns a secret; raises ValueError for one that can be guessed."""
    if len(secret) < _MIN_LENGTH:
        raise ValueError(f"a secret must have at least {_MIN_LENGTH} characters")
    return secret


def parse_named_secrets(text: str) -> dict[str, str]:
    """Reads ``name=secret`` pairs, comma separated; raises ValueError."""
    secrets = {}
    for name, secret in _pairs(text, "secret"):
        _require_application(name)
        secrets[name] = require_secret(secret)
    return secrets


def parse_named_sources(text: str) -> dict[str, frozenset[str]]:
    """Reads ``name=source`` pairs, comma separated, one for each source; raises ValueError."""
    sources: dict[str, frozenset[str]] = {}
    for name, source in _pairs(text, "source"):
        if _SOURCE.fullmatch(source) is None:
            raise ValueError(f"{name} needs a source after =, without spaces")
        _require_application(source)
        sources[name] = sources.get(name, frozenset()) | {source}
    return sources


def _pairs(text: str, value: str) -> list[tuple[str, str]]:
    pairs = []
    for pair in filter(None, (each.strip() for each in text.split(","))):
        name, equals, given = pair.partition("=")
        if not equals:
            raise ValueError(f"write each as name={value}, separated by commas")
        if _NAME.fullmatch(name) is None:
            raise ValueError("a name may hold lower-case letters, digits and . _ - only")
        pairs.append((name, given))
    return pairs


def _require_application(source: str) -> None:
    if source.lower() == INGESTOR_SOURCE:
        raise ValueError(f"source {INGESTOR_SOURCE} is kept for the product's own records")
    try:
        require_own_identity(source, None)
    except PoisonEventError as error:
        raise ValueError(error.reason) from None
