"""Webhooks over HTTP: outside of access control, and authenticated by signature."""

from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request

from mcm_api.http.body import read_json_body
from mcm_api.http.problems import ProblemError, problem_answers
from mcm_api.http.strict_route import StrictRoute
from mcm_api.identity.scopes import Scope, requires
from mcm_api.webhooks.dependencies import WebhookReceiverDep, WebhookSecretsDep
from mcm_api.webhooks.schemas import OktaVerification, WebhookAccepted
from mcm_api.webhooks.signatures import has_generic_signature, has_github_signature, has_okta_secret

router = APIRouter(tags=["webhooks"], route_class=StrictRoute)

_MAX_BODY_BYTES: Final = 1024 * 1024
_INSTEAD: Final = "a delivery has at most that"
_ANSWERS: Final = problem_answers(401, 404, 408, 413, 415)


@router.post(
    "/webhooks/github",
    openapi_extra=requires(Scope.PUBLIC),
    status_code=202,
    summary="Receive a webhook of GitHub",
    responses=_ANSWERS,
)
async def receive_github_webhook(
    request: Request, secrets: WebhookSecretsDep, receiver: WebhookReceiverDep
) -> WebhookAccepted:
    """Accepts a delivery signed by `X-Hub-Signature-256`; responds once Kafka has acknowledged it."""
    secret = _existing(secrets.github)
    async with read_json_body(request, _MAX_BODY_BYTES, instead=_INSTEAD) as body:
        _require(signed=has_github_signature(body, secret, request.headers))
        return WebhookAccepted(accepted=await receiver.github(body, request.headers))


@router.get(
    "/webhooks/okta",
    openapi_extra=requires(Scope.PUBLIC),
    summary="Answer the verification of an event hook of Okta",
    responses=problem_answers(401, 404),
)
async def verify_okta_webhook(request: Request, secrets: WebhookSecretsDep) -> OktaVerification:
    """Returns the challenge that Okta sends once, when an event hook is verified."""
    secret = _existing(secrets.okta)
    _require(signed=has_okta_secret(secret, request.headers))
    challenge = request.headers.get("x-okta-verification-challenge")
    if not challenge:
        raise ProblemError(404, "This is the endpoint of Okta's event hooks; it takes POST.")
    return OktaVerification(verification=challenge)


@router.post(
    "/webhooks/okta",
    openapi_extra=requires(Scope.PUBLIC),
    status_code=202,
    summary="Receive an event hook of Okta",
    responses=_ANSWERS,
)
async def receive_okta_webhook(
    request: Request, secrets: WebhookSecretsDep, receiver: WebhookReceiverDep
) -> WebhookAccepted:
    """Accepts a delivery whose `Authorization` header is the secret; responds once Kafka has acknowledged it."""
    secret = _existing(secrets.okta)
    _require(signed=has_okta_secret(secret, request.headers))
    async with read_json_body(request, _MAX_BODY_BYTES, instead=_INSTEAD) as body:
        return WebhookAccepted(accepted=await receiver.okta(body))


@router.post(
    "/webhooks/generic/{name}",
    openapi_extra=requires(Scope.PUBLIC),
    status_code=202,
    summary="Receive any other webhook",
    responses=_ANSWERS | problem_answers(403),
)
async def receive_generic_webhook(
    name: Annotated[str, Path(max_length=60, description="Name of the sender, as in the settings", examples=["crm"])],
    request: Request,
    secrets: WebhookSecretsDep,
    receiver: WebhookReceiverDep,
) -> WebhookAccepted:
    """Accepts a JSON object or an array, signed by `X-Signature-256` or by Standard Webhooks.

    Canonical events stay as they are, if their source is `name` or one that the settings add; of any other object an
    event of the source `name` is made.
    """
    secret = _existing(secrets.generic.get(name))
    async with read_json_body(request, _MAX_BODY_BYTES, instead=_INSTEAD) as body:
        _require(signed=has_generic_signature(body, secret, request.headers))
        return WebhookAccepted(
            accepted=await receiver.generic(name, partial(secrets.may_push, name), body, request.headers)
        )


def _existing(secret: str | None) -> str:
    if secret is None:
        # without a secret anyone could send events, so there is no endpoint
        raise ProblemError(404, "There is nothing at this path.")
    return secret


def _require(*, signed: bool) -> None:
    if not signed:
        raise ProblemError(401, "The signature is missing or wrong: check the secret on both sides.")
