"""Secret values: sessions, setup links, and API tokens ``mcm_<id>_<secret>``; only their hashes are stored."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_plus

_ID_BYTES: Final = 6
_SECRET_BYTES: Final = 32

TOKEN: Final = re.compile(r"\bmcm_([0-9a-f]{12})_([A-Za-z0-9_-]{43})(?![A-Za-z0-9_-])", re.ASCII)
"""Pattern of an API token, for secret scanners too: 12 hexadecimal digits, then 256 bits in URL-safe Base64."""

_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)

# any part of the right form counts, so that a token with a typing error in a URL is refused too
_IN_URL: Final = re.compile(r"mcm_[0-9a-f]{12}_[A-Za-z0-9_-]{20}", re.ASCII)


@dataclass(frozen=True, slots=True)
class NewToken:
    """An API token when it is created: the only moment at which its secret exists."""

    id: str
    text: str
    secret_hash: str


def new_secret() -> str:
    """Generates 256 random bits as URL-safe text."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def is_secret(text: str) -> bool:
    """Returns whether a text has the form of a secret that was generated here."""
    return _SECRET.fullmatch(text) is not None


def new_token() -> NewToken:
    """Generates an API token."""
    token_id, secret = secrets.token_hex(_ID_BYTES), new_secret()
    return NewToken(token_id, f"mcm_{token_id}_{secret}", hash_of(secret))


def parse_token(text: str) -> tuple[str, str] | None:
    """Splits an API token into its id and the hash of its secret; None for anything else."""
    match = TOKEN.fullmatch(text)
    return None if match is None else (match[1], hash_of(match[2]))


def hash_of(secret: str) -> str:
    """Hashes a secret of 256 random bits; such a secret needs no salt and no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def has_token(*parts: str) -> bool:
    """Returns whether a URL contains an API token, however often it is percent-encoded."""
    for part in parts:
        text = part
        for _ in range(3):
            if _IN_URL.search(text):
                return True
            decoded = unquote_plus(text)
            if decoded == text:
                break
            text = decoded
        if _IN_URL.search(text):
            return True
    return False
