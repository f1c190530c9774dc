"""Feedback bodies."""

from typing import Any, Final

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from mcm_api.findings.schemas import GivenFeedback
from mcm_api.http.body import read_json_body
from mcm_api.http.problems import MAX_SHOWN_ERRORS

_MAX_BODY_BYTES: Final = 32 * 1024

FEEDBACK_BODY: Final[dict[str, Any]] = {
    "required": True,
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/GivenFeedback"}}},
}


async def read_feedback_body(request: Request) -> GivenFeedback:
    """Reads the body of a request that gives feedback.

    Raises ProblemError when it is no JSON, too large or too slow, RequestValidationError naming what is wrong in it.
    """
    try:
        async with read_json_body(request, _MAX_BODY_BYTES, instead="write a shorter comment") as body:
            return GivenFeedback.model_validate_json(body)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)[:MAX_SHOWN_ERRORS]
        raise RequestValidationError([{**detail, "loc": ("body", *detail["loc"])} for detail in details]) from None
