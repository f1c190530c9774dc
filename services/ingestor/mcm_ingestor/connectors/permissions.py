"""Permissions of a credential, found out by trying them."""

from collections.abc import Awaitable
from typing import Any

from mcm_ingestor.connectors.errors import SourceError, SourceUnauthorisedError
from mcm_ingestor.connectors.protocol import Permission


async def tried(
    name: str, request: Awaitable[Any], *, refused: type[SourceError] = SourceUnauthorisedError
) -> Permission:
    """Returns whether a request is granted; ``refused`` says that it is not, and other errors are raised."""
    try:
        await request
    except refused as error:
        return Permission(name, granted=False, detail=str(error))
    return Permission(name, granted=True)
