"""What a rule asks for and this engine does not have."""


class UnsupportedError(Exception):
    """Says which construct of a field's value cannot be compiled; the loader adds file, line and field."""


class UnknownSourceError(UnsupportedError):
    """A log source that no event here belongs to, and that resembles none."""
