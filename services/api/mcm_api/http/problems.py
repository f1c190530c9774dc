"""Every error as RFC 9457 problem+json: what is wrong, what to change, and the id of the request."""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from mcm_shared.errors import BrokerDownError, ConfigurationError, DatabaseDownError

log = structlog.get_logger()

PROBLEM_JSON: Final = "application/problem+json"
MAX_RETRY_AFTER_S: Final = 5
"""Longest pause that a refused client is asked for, in seconds."""

MAX_SHOWN_ERRORS: Final = 5
"""Errors of a request that its response lists; more would make a small request cost a large response."""

_MAX_PARAMETER: Final = 200


class ProblemItem(BaseModel):
    """One thing that is wrong with a request."""

    index: Annotated[int | None, Field(description="Index of the event in the array, from 0")] = None
    parameter: Annotated[str | None, Field(description="Name of the parameter, or of the field of the body")] = None
    reason: Annotated[str, Field(examples=["timestamp: has no time zone; write it like 2026-11-20T12:00:00Z"])]


class MissingDependency(BaseModel):
    """A part the API cannot work without, and why it cannot be used."""

    name: Annotated[str, Field(examples=["database"])]
    reason: Annotated[str, Field(examples=["the database does not answer"])]


class ProblemResponse(BaseModel):
    """What went wrong, after RFC 9457."""

    type: Annotated[str, Field(description="Always about:blank: status and title say what kind it is")] = "about:blank"
    title: Annotated[str, Field(examples=["Not Found"])]
    status: Annotated[int, Field(examples=[404])]
    detail: Annotated[str, Field(examples=["There is no finding with id 17."])]
    request_id: Annotated[str, Field(description="Also in the header X-Request-ID and in the log")]
    errors: Annotated[list[ProblemItem] | None, Field(description="On 422: every error of the request")] = None
    missing: Annotated[list[MissingDependency] | None, Field(description="On 503 of /ready")] = None
    missing_scope: Annotated[
        str | None, Field(description="On 403: the scope that the operation requires", examples=["audit:read"])
    ] = None
    changed_by: Annotated[str | None, Field(description="On 412: who changed it", examples=["mona@example.com"])] = None
    changed_at: Annotated[datetime | None, Field(description="On 412: when it was changed, UTC")] = None
    ids: Annotated[
        list[str] | None, Field(description="On 503 of POST /events: the ids given to its events; send them again")
    ] = None


class ProblemError(Exception):
    """Ends a request with a problem; ``extra`` fills the fields of ProblemResponse beyond the usual ones."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers
        self.extra = dict(extra or {})


def invalid(detail: str, errors: Sequence[ProblemItem]) -> ProblemError:
    """Makes the problem for a request that is understood and wrong (422)."""
    return ProblemError(422, detail, extra={"errors": errors[:MAX_SHOWN_ERRORS]})


def problem_response(
    request_id: str,
    status: int,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Response:
    """Writes a problem as a response."""
    problem = ProblemResponse(
        title=HTTPStatus(status).phrase, status=status, detail=detail, request_id=request_id, **(extra or {})
    )
    body = orjson.dumps(problem.model_dump(mode="json", exclude_none=True))
    return Response(body, status_code=status, headers=headers, media_type=PROBLEM_JSON)


def install_problem_handlers(app: FastAPI) -> None:
    """Makes every error of the app a problem; what is not foreseen here is the request context's to answer."""
    app.add_exception_handler(ProblemError, _on_problem)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(DatabaseDownError, _on_database_down)
    app.add_exception_handler(BrokerDownError, _on_broker_down)
    app.add_exception_handler(ConfigurationError, _on_wrong_configuration)


def retry_after() -> dict[str, str]:
    """Returns a Retry-After header with jitter: clients that were refused together do not come back together."""
    return {"Retry-After": str(random.randint(1, MAX_RETRY_AFTER_S))}  # noqa: S311 (it spreads load and is no secret)


def problem_answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Documents problem answers in OpenAPI."""
    content = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/ProblemResponse"}}}
    return {status: {"description": _MEANINGS[status], "content": content} for status in statuses}


_MEANINGS: Final = {
    400: "The request is not valid HTTP, or cannot be served in this form; `detail` says what to change",
    401: "Not authenticated: no session and no API token, or one that has ended",
    403: "The identity lacks the scope, or the request comes from a page of another site",
    404: "There is nothing with this id",
    408: "The body did not arrive in time",
    409: "It is not in the state for this",
    412: "It has changed since you read it; `changed_by` and `changed_at` say who changed it and when",
    413: "The body is too large",
    415: "The body is not application/json",
    421: "The server does not serve the host of the request",
    422: "A parameter or the body is wrong; `errors` says which and why",
    429: "Too many requests; try again after `Retry-After` seconds",
    431: "The headers or the address are too long",
    500: "Our fault; the log has more under the request id",
    503: "The database or Kafka cannot be used right now; try again",
}


def _respond(request: Request, status: int, detail: str, **more: Any) -> Response:
    return problem_response(request.state.request_id, status, detail, **more)


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)  # noqa: S101 (the type it is registered for)
    return _respond(request, error.status, error.detail, headers=error.headers, extra=error.extra)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 (the type it is registered for)
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.NOT_FOUND:
        detail = "There is nothing at this address; /docs lists what there is."
    elif error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = _allowed_methods(request)
        detail = f"This address answers {headers['Allow']} only."
    else:
        detail = error.detail
    return _respond(request, error.status_code, detail, headers=headers)


def _allowed_methods(request: Request) -> str:
    """Lists the methods of every route with this address; each route knows its own only."""
    methods: set[str] = set()
    for route in iter_route_contexts(request.app.routes):
        if route.matches(request.scope)[0] is not Match.NONE:
            methods |= getattr(route, "methods", None) or set()
    # HEAD is answered like GET
    return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))


async def _on_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 (the type it is registered for)
    items = [_item(detail) for detail in error.errors()[:MAX_SHOWN_ERRORS]]
    sentences = [f"{item.parameter} {item.reason}" if item.parameter else item.reason for item in items]
    return _respond(request, 422, "; ".join(sentences[:3]), extra={"errors": items})


def _item(detail: Mapping[str, Any]) -> ProblemItem:
    place, *names = detail["loc"]
    # a field of a body is named with those that it lies in; of a list of parameters the name is enough
    parameter = ".".join(map(str, names if place == "body" else names[:1]))[:_MAX_PARAMETER]
    reason = str(detail["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    if detail.get("type") == "extra_forbidden":
        reason = "is not a known field"
    return ProblemItem(parameter=parameter or None, reason=reason)


async def _on_database_down(request: Request, error: Exception) -> Response:
    log.warning("the database cannot be used", reason=str(error))
    detail = "The database cannot be used right now; try again in a moment. GET /ready says what is missing."
    return _respond(request, 503, detail, headers=retry_after())


async def _on_broker_down(request: Request, error: Exception) -> Response:
    log.warning("Kafka cannot be used", reason=str(error))
    return _respond(request, 503, "Kafka cannot be used right now; try again in a moment.", headers=retry_after())


async def _on_wrong_configuration(request: Request, error: Exception) -> Response:
    log.error("a setting keeps this request from being answered", reason=str(error))
    return _respond(request, 503, "The server is not set up for this request; its log says what to change.")
