"""Signed webhook: the whole finding as JSON, signed as Standard Webhooks specifies."""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Collection
from typing import Annotated, Any, Final, Literal

import orjson
from pydantic import Field, SecretStr, field_validator, model_validator

from mcm_notifier.channels import Channel
from mcm_notifier.channels.http import AllowedNetwork, post
from mcm_notifier.messages import Message

_PREFIX: Final = "whsec_"
_KEY_BYTES: Final = range(24, 65)


class WebhookChannel(Channel):
    """Channel of the type ``webhook``: posts to HTTPS at a public address, or to what ``allow`` lists."""

    type: Literal["webhook"]
    url: str
    secret: SecretStr
    allow: Annotated[tuple[AllowedNetwork, ...], Field(max_length=20)] = ()

    @field_validator("url")
    @classmethod
    def _is_url(cls, url: str) -> str:
        return check_url(url)

    @model_validator(mode="after")
    def _is_encrypted(self) -> Any:
        require_https(self.url, self.allow)
        return self

    @field_validator("secret")
    @classmethod
    def _is_key(cls, secret: SecretStr) -> SecretStr:
        key_of(secret)
        return secret

    def secret_parts(self) -> Collection[str]:
        """Lists the secret, without its prefix."""
        return (self.secret.get_secret_value().removeprefix(_PREFIX),)

    async def send(self, message: Message) -> str:
        """Posts the JSON with its signature."""
        body = orjson.dumps(message.data)
        headers = signed_headers(self.secret, str(message.id), int(time.time()), body)
        return str(await post(self.url, body, headers, self.allow))


def check_url(url: str) -> str:
    """Returns an HTTP URL; raises ValueError that says what to change, and does not show it."""
    scheme, separator, rest = url.partition("://")
    host = rest.partition("/")[0]
    if scheme not in ("http", "https") or not separator or not host or any(each.isspace() for each in url):
        raise ValueError("must be a URL that begins with https://")
    if "@" in host:
        raise ValueError("must hold no user name or password")
    return url


def require_https(url: str, allow: Collection[AllowedNetwork]) -> None:
    """Raises ValueError for a URL without TLS, unless the channel goes to listed networks."""
    if not url.startswith("https://") and not allow:
        raise ValueError("url must begin with https://; http:// is for addresses listed under allow")


def signed_headers(secret: SecretStr, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Builds the headers of Standard Webhooks: ``v1`` is HMAC-SHA-256 of id, timestamp and body."""
    signed = b".".join((message_id.encode(), str(timestamp).encode(), body))
    signature = base64.b64encode(hmac.digest(key_of(secret), signed, hashlib.sha256)).decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{signature}",
    }


def key_of(secret: SecretStr) -> bytes:
    """Decodes the key of a secret ``whsec_…``; raises ValueError."""
    text = secret.get_secret_value()
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith(_PREFIX) or len(key) not in _KEY_BYTES:
        raise ValueError(
            'must be whsec_ and 24 to 64 bytes in base64; make one with: echo "whsec_$(openssl rand -base64 32)"'
        )
    return key
