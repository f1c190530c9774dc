"""Live feed: events of the company that are due now."""

import heapq
import math
from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Final

from mcm_ingestor.generator.company import Person, fictional_company
from mcm_ingestor.generator.drafts import DAY, MINUTE, Draft, series_name, to_event, to_ms
from mcm_ingestor.generator.incidents import accounts, delivery, privileges
from mcm_ingestor.generator.normal_life import NormalLife
from mcm_ingestor.generator.rough_edges import RATES_PER_DAY
from mcm_shared.contracts.events import RawEvent

_INCIDENT_EVERY_MS: Final = 4 * MINUTE
_MAX_WAITING: Final = 5_000
_CATCH_UP_S: Final = 60

_SMALL: Final[tuple[tuple[Callable[..., list[Draft]], tuple[str, ...]], ...]] = (
    (privileges.viewer_becomes_developer, ("it",)),
    (accounts.failed_brute_force, ("finance", "sales", "support")),
    (delivery.medium_merge, ("frontend", "backend")),
    (privileges.token_without_expiry, ("data", "mobile")),
    (delivery.broken_staging, ("backend",)),
    (privileges.admin_grant, ("it",)),
    (accounts.mfa_fatigue, ("sales", "executive", "design")),
    (delivery.bucket_made_public, ("data",)),
    (accounts.password_spraying, ("support",)),
    (delivery.unreviewed_merge, ("backend", "mobile")),
    (privileges.admin_token, ("platform",)),
    (accounts.account_takeover, ("finance", "support")),
)


class LiveFeed:
    """Events at ``rate`` per second, stamped with the time they are due, and a planted incident every few minutes.

    Depends only on the seed and the times of the calls; ids also differ between starts.
    """

    def __init__(self, rate: float, *, seed: int, started: datetime) -> None:
        self._rng = Random(seed)  # noqa: S311 (not a secret)
        self._life = NormalLife(fictional_company(), self._rng)
        self._rate = rate
        self._started = to_ms(started)
        self._name = series_name(seed, "live", self._started)
        self._count = self._missed = 0
        self._waiting: list[tuple[int, int, Draft]] = []
        self._drafted = 0
        self._asked = self._started
        self._next_incident = self._started + _INCIDENT_EVERY_MS // 4
        self._stories = list(_SMALL)

    def due(self, now: datetime, limit: int) -> list[RawEvent]:
        """Returns up to ``limit`` events that are due at ``now`` and were not returned yet, ordered by time."""
        at = to_ms(now)
        self._happen(at)
        behind = int((at - self._started) / 1_000 * self._rate) - self._count - self._missed
        # after a long pause the feed continues from now; a flood of overdue events would look like an incident
        self._missed += max(0, behind - math.ceil(self._rate * _CATCH_UP_S))
        due_count = min(limit, behind, math.ceil(self._rate * _CATCH_UP_S))
        returned: list[Draft] = []
        while len(returned) < due_count:
            if not self._waiting or (self._waiting[0][0] > at and len(self._waiting) < _MAX_WAITING):
                self._plan(self._life.story(at))
            else:
                returned.append(heapq.heappop(self._waiting)[2])
        events = []
        for draft in returned:
            events.append(to_event(draft._replace(at=min(draft.at, at)), f"{self._name}-{self._count}"))
            self._count += 1
        return events

    def _happen(self, at: int) -> None:
        elapsed, self._asked = at - self._asked, at
        for happens, rate in RATES_PER_DAY.items():
            if self._rng.random() < rate * elapsed / DAY:
                self._plan(happens(self._life, at))
        if at >= self._next_incident:
            self._next_incident = at + int(_INCIDENT_EVERY_MS * (0.5 + self._rng.random()))
            self._plan(self._incident(at))

    def _incident(self, at: int) -> list[Draft]:
        # each incident once before any repeats
        if not self._stories:
            self._stories = list(_SMALL)
        generate, roles = self._stories.pop(int(self._rng.random() * len(self._stories)))
        lead: Person = self._life.person_at_work(at, *roles)
        return generate(self._life, at, lead)

    def _plan(self, story: list[Draft]) -> None:
        for draft in story:
            heapq.heappush(self._waiting, (draft.at, self._drafted, draft))
            self._drafted += 1
