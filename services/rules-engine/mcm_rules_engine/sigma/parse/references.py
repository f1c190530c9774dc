"""References to rules: by id, name or title."""

from uuid import UUID


def reference_key(reference: str) -> str:
    """Returns a reference in the form ids are kept in: a UUID in lower case; anything else as it is."""
    try:
        return str(UUID(reference))
    except ValueError:
        return reference
