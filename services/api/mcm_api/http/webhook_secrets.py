"""Secrets of webhooks; an endpoint without a secret does not exist."""

import re
from dataclasses import dataclass, field
from typing import Final

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
_MIN_LENGTH: Final = 16


@dataclass(frozen=True, slots=True)
class WebhookSecrets:
    """The secret of each endpoint; None where it is not set."""

    github: str | None = field(default=None, repr=False)
    okta: str | None = field(default=None, repr=False)
    generic: dict[str, str] = field(default_factory=dict, repr=False)


def require_secret(secret: str) -> str:
    """Returns a secret; raises ValueError for one that can be guessed."""
    if len(secret) < _MIN_LENGTH:
        raise ValueError(f"a secret must have at least {_MIN_LENGTH} characters")
    return secret


def parse_named_secrets(text: str) -> dict[str, str]:
    """Reads ``name=secret`` pairs, comma separated; raises ValueError."""
    secrets: dict[str, str] = {}
    for pair in filter(None, (each.strip() for each in text.split(","))):
        name, equals, secret = pair.partition("=")
        if not equals:
            raise ValueError("write each as name=secret, separated by commas")
        if _NAME.fullmatch(name) is None:
            raise ValueError("a name may hold lower-case letters, digits and . _ - only")
        secrets[name] = require_secret(secret)
    return secrets
