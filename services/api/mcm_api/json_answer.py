"""Answers that are written at once, without being read and checked again on their way out."""

from typing import Any

import orjson
from starlette.responses import Response


def write_json(value: Any) -> bytes:
    """Writes JSON as the models do: times in UTC end in Z."""
    return orjson.dumps(value, option=orjson.OPT_UTC_Z)


def json_answer(value: Any) -> Response:
    """Answers with JSON; that it has the fields the document promises is for the tests to see."""
    return Response(write_json(value), media_type="application/json")
