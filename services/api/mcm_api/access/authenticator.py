"""Authentication of requests by session or API token, with a cache that is valid for a moment."""

import asyncio
import hmac
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import structlog

from mcm_api.access.roles import scopes_of
from mcm_api.access.store import sessions, tokens
from mcm_api.access.store.sessions import StoredSession
from mcm_api.access.store.tokens import StoredToken
from mcm_api.access.store.users import StoredUser
from mcm_api.identity.identity import Identity, held_scopes
from mcm_api.identity.restriction import Restriction
from mcm_api.identity.scopes import ALL_SCOPES, Scope
from mcm_shared.concurrency.coalesce import Coalescer
from mcm_shared.db.engine import AsyncEngine, transaction
from mcm_shared.errors import McmError

log = structlog.get_logger()

FRESH_S: Final = 0.5
"""Age from which a cached credential is read again, beside the request."""

MAX_AGE_S: Final = 1.0
"""Maximum age of a cached credential: other processes see a revocation within this time, this one at once."""

_MAX_CACHED: Final = 10_000
_NOTE_USE_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Credential:
    """What a request presents: the kind, what it is found by, and the hash of its secret."""

    kind: str
    key: str
    secret_hash: str


_Found = tuple[StoredSession | StoredToken, StoredUser] | None


class Authenticator:
    """Finds the identity of a credential. Concurrent look-ups share one query; results are cached for a second."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._cache: OrderedDict[Credential, tuple[float, _Found]] = OrderedDict()
        self._lookups: Coalescer[Credential, _Found] = Coalescer(self._find)
        self._refreshing: dict[Credential, asyncio.Task[None]] = {}
        self._generation = 0
        self._used: dict[Credential, datetime] = {}
        self._other_caches: list[Callable[[], None]] = []

    async def identify(self, credential: Credential, *, uses: bool = True) -> Identity | None:
        """Returns the identity of a credential, or None for one that is unknown, expired or revoked.

        ``uses``: the request counts as a use of the session. Raises DatabaseDownError.
        """
        found = await self._cached(credential)
        now = datetime.now(UTC)
        identity = None if found is None else _identity(credential, found, self._used.get(credential), now)
        if identity is not None and uses:
            self._used[credential] = now
        return identity

    def forget(self) -> None:
        """Empties the cache, after a change of users, sessions or tokens."""
        self._generation += 1
        self._cache.clear()
        for clear in self._other_caches:
            clear()

    def also_forget(self, clear: Callable[[], None]) -> None:
        """Registers another cache of users, to be emptied together with this one."""
        self._other_caches.append(clear)

    async def note_uses(self) -> None:
        """Stores twice a minute when credentials were last used, and deletes sessions that are over."""
        while True:
            await asyncio.sleep(_NOTE_USE_S)
            await self.store_uses()

    async def store_uses(self) -> None:
        """Stores when credentials were last used."""
        used, self._used = self._used, {}
        by_kind: dict[str, dict[str, datetime]] = {"session": {}, "token": {}}
        for credential, at in used.items():
            by_kind[credential.kind][credential.key] = at
        try:
            async with transaction(self._engine) as connection:
                if by_kind["session"]:
                    await sessions.note_use(connection, by_kind["session"])
                if by_kind["token"]:
                    await tokens.note_use(connection, by_kind["token"])
                await sessions.delete_expired(connection, datetime.now(UTC))
        except McmError as error:
            self._used = {**used, **self._used}
            log.warning("uses of sessions and tokens not stored, retrying", reason=str(error))
        else:
            # the rows that are cached hold the time before
            self.forget()

    async def _cached(self, credential: Credential) -> _Found:
        entry = self._cache.get(credential)
        age = MAX_AGE_S if entry is None else time.monotonic() - entry[0]
        if entry is None or age >= MAX_AGE_S:
            return await self._load(credential)
        if age >= FRESH_S and credential not in self._refreshing:
            task = self._refreshing[credential] = asyncio.create_task(self._refresh(credential))
            task.add_done_callback(lambda _: self._refreshing.pop(credential, None))
        return entry[1]

    async def _refresh(self, credential: Credential) -> None:
        try:
            await self._load(credential)
        except McmError:
            # the entry grows too old, and the next request reports the reason
            return

    async def _load(self, credential: Credential) -> _Found:
        generation, at = self._generation, time.monotonic()
        found = await self._lookups.do(credential)
        if generation == self._generation and found is not None:
            self._cache[credential] = at, found
            self._cache.move_to_end(credential)
            if len(self._cache) > _MAX_CACHED:
                self._cache.popitem(last=False)
        elif found is None:
            self._cache.pop(credential, None)
        return found

    async def _find(self, credentials: Sequence[Credential]) -> Sequence[_Found]:
        keys = {kind: [one.key for one in credentials if one.kind == kind] for kind in ("session", "token")}
        found: dict[tuple[str, str], _Found] = {}
        async with transaction(self._engine, read_only=True) as connection:
            if keys["session"]:
                by_hash = await sessions.find_sessions(connection, keys["session"])
                found |= {("session", key): value for key, value in by_hash.items()}
            if keys["token"]:
                by_id = await tokens.find_tokens(connection, keys["token"])
                found |= {("token", key): value for key, value in by_id.items()}
        return [_verified(one, found.get((one.kind, one.key))) for one in credentials]


def _verified(credential: Credential, found: _Found) -> _Found:
    if found is None or not hmac.compare_digest(found[0].secret_hash, credential.secret_hash):
        return None
    return found


def _identity(
    credential: Credential,
    found: tuple[StoredSession | StoredToken, StoredUser],
    used_at: datetime | None,
    now: datetime,
) -> Identity | None:
    stored, user = found
    scopes = scopes_of(user.role)
    if not user.is_active(now) or not scopes:
        return None
    if isinstance(stored, StoredSession):
        # used since the row was read: the idle limit counts from then
        if not stored.is_valid(now) and not (used_at and stored.expires_at > now and used_at + sessions.IDLE > now):
            return None
        return Identity(
            name=user.actor,
            via="session",
            role=user.role or "",
            scopes=held_scopes(scopes, user.restriction),
            user_id=user.id,
            credential=str(stored.id),
            restriction=user.restriction,
        )
    if not stored.is_valid(now):
        return None
    restriction = narrowed(user.restriction, stored.sources)
    # a token holds no more than its user holds now, and never manages accounts' own secrets
    given = scopes & {scope for scope in ALL_SCOPES if scope.value in stored.scopes} - {Scope.ACCOUNT}
    return Identity(
        name=f"{user.actor}/{stored.id}",
        via="token",
        role=user.role or "",
        scopes=held_scopes(given, restriction),
        user_id=user.id,
        credential=credential.key,
        restriction=restriction,
        push_sources=frozenset(stored.push_sources),
    )


def narrowed(restriction: Restriction, sources: Sequence[str] | None) -> Restriction:
    """Restricts further to sources; None: no further."""
    if sources is None:
        return restriction
    given = frozenset(sources)
    both = given if restriction.sources is None else given & restriction.sources
    return Restriction(both, restriction.start, restriction.end)
