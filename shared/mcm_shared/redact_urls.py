"""Redaction of credentials in URLs, for everything that is written to logs and terminals.

Errors of drivers and HTTP clients quote the URL that they failed with, and a URL may hold a password.
"""

import re
from typing import Final

REDACTED: Final = "***"

_CREDENTIAL_NAMES: Final = (
    # every repetition is bounded, so that a long line costs by its length only
    "access[_-]?key|access[_-]?token|api[_-]?key|auth|authorization|code|credential|key|pass|passwd|password|pwd|secret|"
    "session|sessionid|sig|signature|sslpassword|token|[a-z0-9_-]{0,40}(?:[_-]token|[_-]key|[_-]secret|[_-]password|"
    "[_-]signature|[_-]credential)"
)
# A password may hold what a URL has to escape, and people do not escape it: after a user and a colon everything up to
# the last @ of the word is the password. In a URL of HTTP what follows the colon may be a port.
_USER_INFO: Final = re.compile(
    r"""(?<![a-z0-9+.-])((?:https?|(?!https?:)[a-z][a-z0-9+.-]{0,20}(?P<other>))://)"""
    r"""(?:[^\s/?#"'<>@:]{0,256}:(?(other)|(?!\d+(?:\W|$)))\S{0,256}|[^\s/?#"'<>]{0,256})@""",
    re.IGNORECASE,
)
# the setup link of the first start is logged in order to be opened
_PARAMETER: Final = re.compile(rf"""(?<!/app/setup)([?&;#](?:{_CREDENTIAL_NAMES})=)[^\s&;#"'<>]+""", re.IGNORECASE)
_SECRET_PATH: Final = re.compile(
    r"""(https?://(?:hooks\.slack\.com/(?:services|workflows)/|(?:\w+\.)?discord(?:app)?\.com/api/webhooks/|"""
    r"""api\.telegram\.org/bot|[\w.-]+\.webhook\.office\.com/))[^\s?"'<>]+""",
    re.IGNORECASE,
)


def redact_urls(text: str) -> str:
    """Replaces user names and passwords, secret parameters and secret paths of the URLs in a text."""
    if "://" in text:
        text = _SECRET_PATH.sub(rf"\1{REDACTED}", _USER_INFO.sub(rf"\1{REDACTED}@", text))
    return _PARAMETER.sub(rf"\1{REDACTED}", text) if "=" in text else text
