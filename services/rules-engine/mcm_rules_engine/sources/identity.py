"""One name for one user, whatever the source: e-mail addresses in lower case, and no placeholders."""

import re
from typing import Final

from mcm_shared.contracts.events import MAX_TEXT

PERSON: Final = "user"
SERVICE: Final = "service"
"""Values of the fact ``actor_type``, which an event holds when its actor is no person."""

_PLACEHOLDERS: Final = frozenset(
    {"", "-", "***", "anonymous", "hidden_due_to_security_reasons", "n/a", "none", "not applicable", "null", "unknown"}
)
"""What sources write in place of a user they do not know or do not show, in lower case."""

_MASKED: Final = re.compile(
    r"\*{3}.*|[*#•.?_-]{2,}|x{4,32}|redacted|undefined|[\[(<{](?:anonym|hidden|mask|redact|remov|unknown).*",
    re.IGNORECASE,
)
"""How exporters mask a name: by signs, or by a word in brackets."""


def user_name(*candidates: str | None) -> str | None:
    """Returns the first candidate that names a user, as events hold it; None when none does.

    An e-mail address or user principal name is the same user in any case, so it comes in lower case.
    """
    for candidate in candidates:
        name = "" if candidate is None else candidate.strip()
        if name.lower() not in _PLACEHOLDERS and not _MASKED.fullmatch(name):
            return (name.lower() if "@" in name else name)[:MAX_TEXT]
    return None
