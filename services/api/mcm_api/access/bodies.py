"""JSON bodies of the access operations."""

from typing import Any, Final, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from mcm_api.http.body import read_json_body

ModelT = TypeVar("ModelT", bound=BaseModel)

_MAX_BYTES: Final = 64 * 1024


async def read_model(request: Request, model: type[ModelT]) -> ModelT:
    """Reads the body as a model.

    Raises ProblemError when it is no JSON, too large or too slow, RequestValidationError naming what is wrong in it.
    """
    try:
        async with read_json_body(request, _MAX_BYTES, instead="send less") as body:
            return model.model_validate_json(body)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError([{**detail, "loc": ("body", *detail["loc"])} for detail in details]) from None


def body_of(model: type[BaseModel]) -> dict[str, Any]:
    """Documents a body in OpenAPI; the application adds the model's schema."""
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}
    return {"required": True, "content": content}
