"""Errors for Sigma constructs that this engine does not support."""


class UnsupportedError(Exception):
    """A construct that cannot be compiled; the loader adds file, line and field."""


class UnknownSourceError(UnsupportedError):
    """A log source that no event here belongs to, and that resembles none."""
