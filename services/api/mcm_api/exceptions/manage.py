"""Requesting, approving and revoking exceptions, each with its entry in the audit trail in the same transaction."""

import asyncio
from dataclasses import asdict, replace
from datetime import datetime
from typing import Final

from mcm_api.access.approvers import has_another_holder
from mcm_api.access.audit.recorder import AuditRecorder
from mcm_api.access.parts import Access
from mcm_api.access.store.audit_log import append_entries
from mcm_api.access.store.users import read_user
from mcm_api.database import DatabaseWriter
from mcm_api.exceptions.queries.matches import unknown_rules
from mcm_api.exceptions.schemas import (
    ExceptionActionRequest,
    ExceptionPreviewRequest,
    ExceptionRequest,
    period_problem,
)
from mcm_api.exclusions import current_state, exclusion_of
from mcm_api.http.problems import ProblemError, ProblemItem, invalid
from mcm_api.identity.identity import Identity
from mcm_api.identity.scopes import Scope
from mcm_shared.contracts.exceptions import ExceptionActionKind, ExceptionMatcher, ExceptionState, StoredException
from mcm_shared.db.engine import AsyncConnection, transaction
from mcm_shared.db.exceptions import append_exception_action, insert_exception, read_exception, read_unexpired
from mcm_shared.errors import DataRefusedError, RuleLoadError

MAX_UNEXPIRED: Final = 200
"""Exceptions that are requested or active at one time; every list of findings is matched with the active ones."""

_DONE: Final = {ExceptionActionKind.APPROVE: "approved", ExceptionActionKind.REVOKE: "revoked"}


def drafted(request: ExceptionPreviewRequest | ExceptionRequest, requester: str, now: datetime) -> StoredException:
    """Makes the exception that is requested, still without a number; raises ProblemError 422 for a wrong period."""
    starts_at = request.starts_at or now
    problem = period_problem(starts_at, request.expires_at, now)
    if problem is not None:
        raise invalid(f"expires_at: {problem}.", [ProblemItem(parameter="expires_at", reason=problem)])
    draft = StoredException(
        id=0,
        matcher=request.matcher.model_dump(exclude_none=True),
        owner=requester,
        reason="",
        ticket=None,
        starts_at=starts_at,
        expires_at=request.expires_at,
        requester=requester,
        created_at=now,
        approved_at=None,
        revoked_at=None,
    )
    if isinstance(request, ExceptionRequest):
        return replace(draft, owner=request.owner, reason=request.reason, ticket=request.ticket)
    return draft


async def require_filter(connection: AsyncConnection, matcher: ExceptionMatcher) -> None:
    """Raises ProblemError 422 for a matcher whose Sigma filter cannot be compiled or names an unknown rule."""
    if matcher.sigma is None:
        return
    try:
        exclusion = await asyncio.to_thread(exclusion_of, matcher.sigma)
    except RuleLoadError as error:
        raise _wrong_filter(str(error)) from error
    unknown = await unknown_rules(connection, exclusion)
    if unknown:
        raise _wrong_filter(f"filter.rules: there is no rule {unknown[0]!r}; write its id, name or title, or any")


def _wrong_filter(reason: str) -> ProblemError:
    return invalid(f"matcher.sigma: {reason}", [ProblemItem(parameter="matcher.sigma", reason=reason)])


async def request_exception(
    writer: DatabaseWriter,
    access: Access,
    audit: AuditRecorder,
    identity: Identity,
    request: ExceptionRequest,
    now: datetime,
) -> int:
    """Stores an exception and returns its number; it is approved at once where no other person could approve it.

    Raises ProblemError: 409 for too many exceptions, 422 for a wrong period.
    """
    columns = ("matcher", "owner", "reason", "ticket", "starts_at", "expires_at", "requester", "created_at")
    async with transaction(writer.engine) as connection:
        person = await _person(connection, access, identity)
        draft = drafted(request, person or identity.name, now)
        await require_filter(connection, request.matcher)
        values = {name: value for name, value in asdict(draft).items() if name in columns}
        if len(await read_unexpired(connection, now)) >= MAX_UNEXPIRED:
            raise ProblemError(409, f"There are {MAX_UNEXPIRED} exceptions already; revoke those that are not needed.")
        number = await insert_exception(connection, values)
        shown = {**values, "starts_at": draft.starts_at.isoformat(), "expires_at": draft.expires_at.isoformat()}
        entries = [audit.entry("exception.request", f"EX-{number}", after={**shown, "created_at": now.isoformat()})]
        if person is not None and not await _another_may_approve(connection, access, person, now):
            reason = "No other person may approve exceptions" if access.required else "Authentication is off"
            await append_exception_action(connection, number, ExceptionActionKind.APPROVE, audit.actor, reason, now)
            entries.append(audit.entry("exception.approve", f"EX-{number}", after={"reason": reason}))
        await append_entries(connection, entries)
    return number


async def act_on_exception(
    writer: DatabaseWriter,
    access: Access,
    audit: AuditRecorder,
    identity: Identity,
    number: int,
    request: ExceptionActionRequest,
    now: datetime,
) -> None:
    """Approves or revokes an exception.

    Raises ProblemError: 403 when the requester approves and another person could, 404 for an exception that is not
    there, 409 when it was approved, revoked or has expired.
    """
    try:
        async with transaction(writer.engine) as connection:
            found = await read_exception(connection, number)
            if found is None:
                raise no_exception(number)
            _require_open(found, request.kind, now)
            if request.kind is ExceptionActionKind.APPROVE:
                await _require_approver(connection, access, identity, found, now)
            await append_exception_action(connection, number, request.kind, audit.actor, request.reason, now)
            entry = audit.entry(
                f"exception.{request.kind.value}",
                found.name,
                before={"state": current_state(found, now).value},
                after={"reason": request.reason},
            )
            await append_entries(connection, [entry])
    except DataRefusedError as error:
        raise ProblemError(409, f"EX-{number} was {_DONE[request.kind]} already; load it again.") from error


def no_exception(number: int) -> ProblemError:
    """Makes the response for an exception that is not there."""
    return ProblemError(404, f"There is no exception EX-{number}.")


def _require_open(found: StoredException, kind: ExceptionActionKind, now: datetime) -> None:
    state = current_state(found, now)
    if state in (ExceptionState.EXPIRED, ExceptionState.REVOKED):
        raise ProblemError(409, f"{found.name} is {state.value}; request a new exception.")
    if kind is ExceptionActionKind.APPROVE and found.approved_at is not None:
        raise ProblemError(409, f"{found.name} was approved already; load it again.")
    if kind is ExceptionActionKind.APPROVE and state is ExceptionState.INVALID:
        raise ProblemError(409, f"{found.name} has an invalid matcher; revoke it and request a new exception.")


async def _require_approver(
    connection: AsyncConnection, access: Access, identity: Identity, found: StoredException, now: datetime
) -> None:
    person = await _person(connection, access, identity)
    if person is None:
        raise ProblemError(403, "A service account cannot approve exceptions; ask a person.")
    if found.requester == person and await _another_may_approve(connection, access, person, now):
        raise ProblemError(403, f"You requested {found.name}; another person must approve it.")


async def _another_may_approve(connection: AsyncConnection, access: Access, name: str, now: datetime) -> bool:
    return access.required and await has_another_holder(connection, Scope.EXCEPTIONS_WRITE, name, now)


async def _person(connection: AsyncConnection, access: Access, identity: Identity) -> str | None:
    """Returns the name of the person behind a session or a token; None for a service account."""
    if not access.required:
        return identity.name
    user = None if identity.user_id is None else await read_user(connection, identity.user_id)
    return user.actor if user is not None and user.kind == "person" else None
