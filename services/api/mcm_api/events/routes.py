"""Events over HTTP: reading them and pushing new ones."""

from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request, Response

from mcm_api.access.limits import RateLimiter
from mcm_api.access.pushing import PushAllowance
from mcm_api.access.raw_data import RawDataDep
from mcm_api.database import DatabaseDep
from mcm_api.events.dependencies import IntakeDep
from mcm_api.events.queries.counting import count_by_time, count_facets
from mcm_api.events.queries.details import conditions_of_finding, events_of_finding, read_event
from mcm_api.events.queries.newest import newest_events
from mcm_api.events.schemas import (
    MAX_INTAKE,
    Accepted,
    EventDetails,
    EventFacets,
    EventFilter,
    EventPage,
    EventResponse,
    ExplainedRule,
    Histogram,
    HistogramFilter,
    PeriodFilter,
)
from mcm_api.http.body import read_json_body
from mcm_api.http.problems import ProblemError, problem_answers
from mcm_api.http.state import part_of
from mcm_api.http.strict_route import StrictRoute
from mcm_api.identity.identity import IdentityDep
from mcm_api.identity.scopes import Scope, requires
from mcm_api.resources.findings import FindingId
from mcm_api.resources.queries.findings import read_finding
from mcm_api.resources.rule_catalogue import ActiveRulesDep
from mcm_shared.contracts.parameters import RowId

router = APIRouter(tags=["events"], route_class=StrictRoute)

_MAX_BODY_BYTES: Final = 8 * 1024 * 1024
_RAW_EVENT: Final = {"$ref": "#/components/schemas/RawEvent"}
_EXAMPLE: Final = {
    "id": "evt-1",
    "source": "my-app",
    "event_type": "login_failed",
    "user": "mona@example.com",
    "timestamp": "2026-11-20T12:00:00Z",
    "raw_data": {"ip": "192.0.2.7", "reason": "bad_password"},
}
_PUSH_BODY: Final[dict[str, Any]] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "anyOf": [_RAW_EVENT, {"type": "array", "items": _RAW_EVENT, "minItems": 1, "maxItems": MAX_INTAKE}]
            },
            "examples": {"one": {"value": _EXAMPLE}, "several": {"value": [_EXAMPLE, {**_EXAMPLE, "id": "evt-2"}]}},
        }
    },
}
_LINK: Final = {"Link": {"description": 'The next page, `rel="next"`', "schema": {"type": "string"}}}


@router.get(
    "/events",
    openapi_extra=requires(Scope.EVENTS_READ),
    summary="List events, newest first",
    responses={200: {"headers": _LINK}},
)
async def list_events(
    request: Request,
    response: Response,
    filters: Annotated[EventFilter, Query()],
    reader: DatabaseDep,
    raw_data: RawDataDep,
) -> list[EventResponse]:
    """Lists events from the newest to the oldest by their own time.

    To read on, follow the `Link` header: it stays fast however far back it leads, and is missing on the last page.
    A page holds fewer events than its `limit` when their payloads are larger than 2 MiB.
    """
    raw_data.require_for(filters.fact)
    rows, following = await newest_events(reader, filters)
    if following is not None:
        retained = [
            (name, value) for name, value in request.query_params.multi_items() if name not in {"before", "offset"}
        ]
        response.headers["Link"] = f'</events?{urlencode([*retained, ("before", following.encode())])}>; rel="next"'
    await raw_data.record(len(rows), filters.model_dump(mode="json", exclude_none=True))
    return [raw_data.visible(EventResponse.model_validate(dict(row))) for row in rows]


@router.get(
    "/events/histogram",
    openapi_extra=requires(Scope.EVENTS_READ),
    summary="Count events by time",
    response_model_by_alias=True,
)
async def get_event_histogram(
    filters: Annotated[HistogramFilter, Query()], reader: DatabaseDep, raw_data: RawDataDep
) -> Histogram:
    """Counts events in steps of their own time."""
    raw_data.require_for(filters.fact)
    return await count_by_time(reader, filters)


@router.get("/events/facets", openapi_extra=requires(Scope.EVENTS_READ), summary="Count events by facet")
async def get_event_facets(
    filters: Annotated[PeriodFilter, Query()], reader: DatabaseDep, raw_data: RawDataDep
) -> EventFacets:
    """Counts events by type and by source, in whole hours."""
    raw_data.require_for(filters.fact)
    return await count_facets(reader, filters)


@router.get(
    "/events/{event_id}",
    openapi_extra=requires(Scope.EVENTS_READ),
    summary="Get an event",
    responses=problem_answers(404),
)
async def get_event(
    event_id: Annotated[RowId, Path(description="The event's `id`", examples=[4711])],
    reader: DatabaseDep,
    rules: ActiveRulesDep,
    raw_data: RawDataDep,
) -> EventDetails:
    """Returns an event, with the rules it matches and the findings that name it."""
    found = await read_event(reader, event_id, rules)
    if found is None:
        raise ProblemError(404, f"There is no event with id {event_id}.")
    await raw_data.record(1, {"id": event_id})
    return raw_data.visible(found)


@router.get(
    "/findings/{finding_id}/events",
    openapi_extra=requires(Scope.EVENTS_READ),
    summary="List the events of a finding",
    responses=problem_answers(404),
)
async def list_finding_events(
    finding_id: FindingId,
    reader: DatabaseDep,
    raw_data: RawDataDep,
    limit: Annotated[int, Query(ge=1, le=500, description="Maximum number of events")] = 100,
) -> EventPage:
    """Lists the events of the finding's earliest and latest detection and those that completed them, oldest first."""
    finding = await read_finding(reader, finding_id)
    items, total = await events_of_finding(reader, finding, limit)
    await raw_data.record(len(items), {"finding_id": finding_id})
    return EventPage(items=[raw_data.visible(item) for item in items], total=total)


@router.get(
    "/findings/{finding_id}/conditions",
    openapi_extra=requires(Scope.EVENTS_READ),
    summary="Explain why a finding was raised",
    responses=problem_answers(404),
)
async def list_finding_conditions(
    finding_id: FindingId,
    reader: DatabaseDep,
    rules: ActiveRulesDep,
    raw_data: RawDataDep,
) -> list[ExplainedRule]:
    """Returns the condition of the finding's rule as a tree, with the values of its latest event that each part tests.

    Of a correlation, the conditions of the rules that it counts. Empty where the event is no longer stored, or the
    active rules do not match it.
    """
    finding = await read_finding(reader, finding_id)
    explained = await conditions_of_finding(reader, finding, rules)
    await raw_data.record(len(explained), {"finding_id": finding_id})
    if raw_data.allowed:
        return explained
    return [each.model_copy(update={"condition": each.condition.without_values()}) for each in explained]


@router.post(
    "/events",
    status_code=202,
    summary="Push events",
    openapi_extra=requires(Scope.EVENTS_WRITE, requestBody=_PUSH_BODY),
    responses=problem_answers(408, 413, 415),
)
async def push_events(request: Request, intake: IntakeDep, identity: IdentityDep) -> Accepted:
    """Accepts an event or an array of up to 1,000; responds once Kafka has acknowledged all of them.

    One invalid event rejects the whole request, and `errors` names each and the reason. An event without `id` is given
    one. Pushing the same event again, by `source` and `id`, changes nothing. An API token may push only events of the
    sources it is bound to.
    """
    allowance = PushAllowance(identity, part_of(request.app, RateLimiter))
    async with read_json_body(request, _MAX_BODY_BYTES, instead="send the events in several requests") as body:
        pushed = await intake.push(body, allowance)
    return Accepted(
        accepted=len(pushed), ids=[event.id for event in pushed], event_uids=[event.uid for event in pushed]
    )
