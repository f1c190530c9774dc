"""Answers that are written at once, without being read and checked again on their way out."""

from typing import Any
from uuid import UUID

import orjson
from starlette.responses import Response


def write_json(value: Any) -> bytes:
    """Writes JSON as the models do: times in UTC end in Z."""
    return orjson.dumps(value, _other, orjson.OPT_UTC_Z)


def json_response(value: Any) -> Response:
    """Answers with JSON; that it has the fields the document promises is for the tests to see."""
    return Response(write_json(value), media_type="application/json")


def _other(value: Any) -> str:
    # the database driver's own kind
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
