"""Recorder of the audit trail: entries with the actor and the request that cause them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import Depends, Request

from mcm_api.access.audit.entry import AuditEntry, canonical
from mcm_api.access.store.audit_log import append_entries
from mcm_api.http.state import part_of
from mcm_api.identity.identity import Identity, Via, identity_of
from mcm_shared.concurrency.coalesce import Coalescer
from mcm_shared.db.engine import AsyncConnection, AsyncEngine, InTransaction, transaction

MAX_ACTOR: Final = 1000
"""Characters of an actor: an e-mail address, and of a provider's user the issuer and subject."""


@dataclass(slots=True)
class AuditTrail:
    """Write access to the audit trail; ``reads_are_recorded`` while there are identities to attribute reads to."""

    engine: AsyncEngine
    reads_are_recorded: bool
    _reads: Coalescer[AuditEntry, None] = field(init=False)

    def __post_init__(self) -> None:
        self._reads = Coalescer(self._append)

    async def append(self, entry: AuditEntry) -> None:
        """Appends an entry that records no change of the database, with those of concurrent calls."""
        await self._reads.do(entry)

    async def _append(self, entries: Sequence[AuditEntry]) -> Sequence[None]:
        async with transaction(self.engine) as connection:
            await append_entries(connection, entries)
        return [None] * len(entries)


@dataclass(frozen=True, slots=True)
class AuditRecorder:
    """Records what the identity of one request does."""

    trail: AuditTrail
    actor: str
    via: Via
    request_id: str

    def entry(
        self,
        action: str,
        target: str = "",
        *,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
    ) -> AuditEntry:
        """Makes an entry; ``action`` is like ``user.create``, ``target`` names what it was done to."""
        at = datetime.now(UTC)
        return AuditEntry(
            at, self.actor, self.via, action, target[:500], canonical(before), canonical(after), self.request_id
        )

    def in_transaction(
        self,
        action: str,
        target: str = "",
        *,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
    ) -> InTransaction:
        """Makes what appends an entry in the transaction of a change that another package makes."""

        async def append(connection: AsyncConnection) -> None:
            await append_entries(connection, [self.entry(action, target, before=before, after=after)])

        return append

    async def record(
        self,
        action: str,
        target: str = "",
        *,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
    ) -> None:
        """Appends an entry in a transaction of its own, for what changes nothing in the database."""
        await self.trail.append(self.entry(action, target, before=before, after=after))

    async def record_read(self, action: str, target: str = "", *, after: dict[str, Any] | None = None) -> None:
        """Records that sensitive data was read; reads are not recorded while authentication is off."""
        if self.trail.reads_are_recorded:
            await self.record(action, target, after=after)


def recorder_of(request: Request, identity: Identity | None = None, *, actor: str = "anonymous") -> AuditRecorder:
    """Makes the recorder of a request; ``actor`` names who tries to log in, before there is an identity."""
    identity = identity or identity_of(request)
    trail = part_of(request.app, AuditTrail)
    if identity is None:
        return AuditRecorder(trail, actor[:MAX_ACTOR], "none", request.state.request_id)
    return AuditRecorder(trail, identity.name[:MAX_ACTOR], identity.via, request.state.request_id)


async def _find(request: Request) -> AuditRecorder:
    return recorder_of(request)


AuditDep = Annotated[AuditRecorder, Depends(_find)]
"""Gives a route the recorder of the audit trail."""
