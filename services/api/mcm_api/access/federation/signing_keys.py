"""Signing keys of an issuer (JWKS), and the verification of what it signs."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import Key, KeySet, import_key

from mcm_api.access.federation.errors import IdentityRefusedError, ProviderDownError

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Algorithms with a public key: a key that verifies must not be able to sign."""

LEEWAY_S: Final = 60
"""Seconds by which clocks may differ."""

_MAX_AGE_S: Final = 3600.0
_MIN_AGE_S: Final = 10.0
_MAX_LENGTH: Final = 64 * 1024


class SigningKeys:
    """Keys of an issuer, read when first needed, hourly, and when a token names a key that is not among them."""

    def __init__(self, read: Callable[[], Awaitable[Any]]) -> None:
        self._read = read
        self._keys: KeySet | Key | None = None
        self._read_at = 0.0
        self._turn = asyncio.Lock()

    async def verify(self, token: str) -> jwt.Token:
        """Verifies the signature of a token, not its claims.

        Raises IdentityRefusedError for one that is not signed by the issuer, ProviderDownError without its keys.
        """
        if len(token) > _MAX_LENGTH:
            raise IdentityRefusedError("the token is too long")
        try:
            return _decoded(token, await self._load(_MAX_AGE_S))
        except InvalidKeyIdError:
            # the issuer may have new keys; a forger must not make us ask at every request
            pass
        try:
            return _decoded(token, await self._load(_MIN_AGE_S))
        except InvalidKeyIdError:
            raise IdentityRefusedError("the token is signed with an unknown key") from None

    async def _load(self, max_age_s: float) -> KeySet | Key:
        async with self._turn:
            if self._keys is None or time.monotonic() - self._read_at >= max_age_s:
                try:
                    found = await self._read()
                    self._keys = found if isinstance(found, Key) else KeySet.import_key_set(found)
                except (JoseError, ValueError, TypeError, KeyError) as error:
                    raise ProviderDownError(f"the issuer's keys cannot be read: {type(error).__name__}") from None
                self._read_at = time.monotonic()
            return self._keys


def read_key_file(file: Path) -> Any:
    """Reads a public key (PEM) or a JWKS from a file; raises ValueError and OSError."""
    text = file.read_text()
    if text.lstrip().startswith("{"):
        found = json.loads(text)
        KeySet.import_key_set(found)
        return found
    for kind in ("RSA", "EC", "OKP"):
        try:
            key = import_key(text, kind)
        except (JoseError, ValueError, TypeError):
            continue
        if key.is_private:
            raise ValueError("it holds a private key; the API needs the public one")
        return key
    raise ValueError("it is neither a public key (PEM) nor a JWKS")


def _decoded(token: str, keys: KeySet | Key) -> jwt.Token:
    try:
        return jwt.decode(token, keys, algorithms=ALGORITHMS)
    except InvalidKeyIdError:
        raise
    except (JoseError, ValueError, TypeError) as error:
        raise IdentityRefusedError(f"the signature is not valid ({type(error).__name__})") from None
