"""Identity: the authenticated user, service account or local operator of a request."""

from dataclasses import dataclass
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import Depends, Request

from mcm_api.identity.restriction import UNRESTRICTED, Restriction
from mcm_api.identity.scopes import ALL_SCOPES, AUDIT_SCOPES, OVER_ALL_SOURCES, Scope

Via = Literal["session", "token", "assertion", "command", "none"]
"""How an identity was authenticated; ``none`` while authentication is off or has failed."""


@dataclass(frozen=True, slots=True)
class Identity:
    """An authenticated identity.

    ``name`` is the actor in the audit trail; ``credential`` names the session or token; ``push_sources`` are the
    sources whose events it may push, None: any within its restriction.
    """

    name: str
    via: Via
    role: str
    scopes: frozenset[Scope]
    user_id: UUID | None = None
    credential: str = ""
    restriction: Restriction = UNRESTRICTED
    push_sources: frozenset[str] | None = None

    @property
    def key(self) -> str:
        """Key of the rate limits: a token has limits of its own, the sessions of a user share theirs."""
        return self.credential if self.via == "token" else self.name

    def has(self, scope: Scope) -> bool:
        """Returns whether the identity holds a scope."""
        return scope in self.scopes

    def permits_as_much_as(self, before: "Identity") -> bool:
        """Returns whether what an identity was permitted before is permitted now, under the same restriction."""
        return self.scopes >= before.scopes and self.restriction == before.restriction

    def may_push(self, source: str) -> bool:
        """Returns whether the identity may push events of a source."""
        allowed = self.restriction.sources
        return (allowed is None or source in allowed) and (self.push_sources is None or source in self.push_sources)


LOCAL: Final = Identity(name="local", via="none", role="admin", scopes=ALL_SCOPES)
"""The operator of this machine, while authentication is off."""


def held_scopes(scopes: frozenset[Scope], restriction: Restriction) -> frozenset[Scope]:
    """Returns the scopes that an identity holds under its restriction: none that concern all sources at once.

    So nothing is offered that would be refused, and API tokens cannot get such a scope from a restricted creator.
    """
    if restriction.is_none:
        return scopes
    return scopes - OVER_ALL_SOURCES - (AUDIT_SCOPES if restriction.sources is not None else frozenset())


def identity_of(request: Request) -> Identity | None:
    """Returns the identity of a request; None for an anonymous request to a public operation."""
    identity: Identity | None = request.state.identity
    return identity


def _required(request: Request) -> Identity:
    identity = identity_of(request)
    if identity is None:
        raise LookupError("a public operation has no identity")
    return identity


async def _find(request: Request) -> Identity:
    return _required(request)


IdentityDep = Annotated[Identity, Depends(_find)]
"""Gives a route the identity of the request."""
