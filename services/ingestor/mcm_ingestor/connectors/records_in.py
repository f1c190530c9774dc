"""Records in a decoded response."""

from typing import Any

from mcm_ingestor.connectors.errors import SourceDownError


def array_of(data: Any, key: str | None = None) -> list[Any]:
    """Returns the array of records, below ``key`` if it is given; raises SourceDownError when there is none."""
    found = data.get(key) if key is not None and isinstance(data, dict) else data
    if not isinstance(found, list):
        raise SourceDownError("the response holds no records where they should be; it is retried")
    return found
