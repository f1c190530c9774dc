"""Signatures of webhooks: GitHub's HMAC, Okta's secret header, a plain HMAC, and Standard Webhooks."""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Final

_TOLERANCE_S: Final = 300
_STANDARD_PREFIX: Final = "whsec_"


def has_github_signature(body: bytes, secret: str, headers: Mapping[str, str]) -> bool:
    """Checks ``X-Hub-Signature-256``, the HMAC-SHA256 of the body."""
    return _is_hmac(body, secret, headers.get("x-hub-signature-256", ""))


def has_okta_secret(secret: str, headers: Mapping[str, str]) -> bool:
    """Checks the ``Authorization`` header, which an event hook sends as it was configured."""
    return hmac.compare_digest(headers.get("authorization", "").encode(), secret.encode())


def has_generic_signature(body: bytes, secret: str, headers: Mapping[str, str]) -> bool:
    """Checks a signature by Standard Webhooks where its headers are there, else ``X-Signature-256`` over the body.

    Standard Webhooks signs the id, the time and the body, and a time more than five minutes away is refused.
    """
    if "webhook-signature" in headers:
        return _is_standard(body, secret, headers)
    return _is_hmac(body, secret, headers.get("x-signature-256", ""))


def _is_hmac(body: bytes, secret: str, signature: str) -> bool:
    expected = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(signature.lower().encode(), expected.encode())


def _is_standard(body: bytes, secret: str, headers: Mapping[str, str]) -> bool:
    message_id, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not message_id or not at.isdecimal() or len(at) > 12 or abs(time.time() - int(at)) > _TOLERANCE_S:
        return False
    try:
        key = base64.b64decode(secret.removeprefix(_STANDARD_PREFIX), validate=True)
    except binascii.Error:
        key = secret.encode()
    digest = hmac.new(key, f"{message_id}.{at}.".encode() + body, hashlib.sha256).digest()
    expected = ("v1," + base64.b64encode(digest).decode()).encode()
    signatures = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(each.encode(), expected) for each in signatures)
