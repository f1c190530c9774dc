"""Errors of a source, named after what happens next; each delays its own source only.

SourceError
├── SourceDownError          down, slow or talking nonsense → back off, then read again from the stored position
│   └── RateLimitedError     it asks for fewer requests → wait as long as it says
├── SourceUnauthorisedError  the credential is refused → back off; a person has to act
├── SourceRefusedError       the request is refused → back off; the settings are wrong
│   ├── ObjectGoneError      a stored object was deleted → go on without it
│   └── ObjectArchivedError  a stored object is archived → dead-letter its name, go on
└── SourceStuckError         it returns the same page again and again → back off; the position stays
"""

from typing import ClassVar

from mcm_shared.errors import McmError


class SourceError(McmError):
    """A source cannot be read now; ``kind`` names the state, ``retry_after_s`` how long the source asks to wait."""

    kind: ClassVar[str] = "failing"

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class SourceDownError(SourceError):
    """The source is down or slow, or its response cannot be read."""


class RateLimitedError(SourceDownError):
    """The source asks for fewer requests."""

    kind = "rate_limited"


class SourceUnauthorisedError(SourceError):
    """The source refuses the credential, or the credential lacks a permission."""

    kind = "unauthorised"


class SourceRefusedError(SourceError):
    """The source refuses the request."""

    kind = "refused"


class ObjectGoneError(SourceRefusedError):
    """An object that the source named was deleted since, and will never come back."""


class ObjectArchivedError(SourceRefusedError):
    """An object that the source named is archived, and cannot be read until a person restores it."""


class SourceStuckError(SourceError):
    """The source returns the same page again and again."""

    kind = "stuck"
