"""Schedule of the planted incidents of a month, and which fit into a small number of events."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from mcm_ingestor.generator.company import Person
from mcm_ingestor.generator.drafts import DAY, HOUR, Draft, to_ms, to_time
from mcm_ingestor.generator.incidents import accounts, delivery, privileges
from mcm_ingestor.generator.normal_life import NormalLife, Story

Generate = Callable[[NormalLife, int, Person], Story]

ENOUGH_FOR_ALL: Final = 2_000
"""From this many events a month on, every incident is included."""

_HEART_OF_A_STORY: Final = 3 * HOUR


@dataclass(frozen=True, slots=True)
class Incident:
    """A planted incident: ``when`` in the month (0 to 1), local ``hour``, led by a person with a role in ``lead``."""

    generate: Generate
    when: float
    hour: int
    lead: tuple[str, ...]
    on_work_day: bool = True


PLANNED: Final = (
    Incident(accounts.account_takeover, 0.90, 21, ("finance",), on_work_day=False),
    Incident(delivery.unreviewed_merge, 0.44, 17, ("backend",)),
    Incident(privileges.admin_grant, 0.20, 19, ("it",)),
    Incident(privileges.admin_token, 0.96, 16, ("platform",)),
    Incident(privileges.token_without_expiry, 0.52, 14, ("data", "frontend")),
    Incident(delivery.bucket_created_public, 0.06, 15, ("design",)),
    Incident(privileges.viewer_becomes_developer, 0.13, 10, ("it",)),
    Incident(delivery.medium_merge, 0.68, 18, ("frontend",)),
    Incident(delivery.broken_staging, 0.36, 11, ("backend",)),
    Incident(privileges.owner_of_production, 0.83, 22, ("it",)),
    Incident(delivery.bucket_made_public, 0.75, 17, ("data",)),
    Incident(accounts.mfa_fatigue, 0.60, 2, ("sales", "executive"), on_work_day=False),
    Incident(accounts.password_spraying, 0.28, 3, ("support",), on_work_day=False),
    Incident(delivery.script_gone_wild, 0.71, 13, ("mobile", "backend")),
)
"""The incidents of a month, most important first."""


def plan_incidents(life: NormalLife, start: int, end: int, count: int) -> list[Draft]:
    """Generates the incidents from ``start`` to ``end``, once per 30 days, ordered by time.

    All of them if ``count`` events a month reach ENOUGH_FOR_ALL; otherwise as many, in the order of PLANNED, as make up
    at most a quarter of the events.
    """
    months = max(1, round((end - start) / (30 * DAY)))
    length = (end - start) // months
    drafts: list[Draft] = []
    for month in range(months):
        began = start + month * length
        drafts += _month(life, began, began + length, count // months)
    return sorted(drafts, key=lambda draft: draft.at)


def _month(life: NormalLife, start: int, end: int, count: int) -> list[Draft]:
    room = count if count >= ENOUGH_FOR_ALL else count // 4
    drafts: list[Draft] = []
    for incident in PLANNED:
        generate = incident.generate
        if generate is delivery.script_gone_wild:
            generate = partial(delivery.script_gone_wild, events=min(max(count // 10, 320), 1_200))
        lead = life.rng.choice(life.company.with_role(*incident.lead))
        story = _within(generate(life, _moment(life, incident, lead, start, end), lead), start, end)
        if len(drafts) + len(story) <= room:
            drafts += story
    return drafts


def _moment(life: NormalLife, incident: Incident, lead: Person, start: int, end: int) -> int:
    local = to_time(start + int((end - start) * incident.when)).astimezone(lead.city.zone)
    local = local.replace(hour=incident.hour, minute=int(life.rng.random() * 60), second=int(life.rng.random() * 60))
    if incident.on_work_day and local.weekday() > 4:
        local -= timedelta(days=local.weekday() - 4)
    return to_ms(local)


def _within(story: Story, start: int, end: int) -> Story:
    # An incident that would cross an edge is moved by whole days, which keeps its hour. It may still not fit a short
    # period: then its start decides, and later events are left out.
    first, last = min(draft.at for draft in story), max(draft.at for draft in story)
    move = 0
    while last + move >= end and first + move - DAY >= start:
        move -= DAY
    while first + move < start:
        move += DAY
    overrun = max(0, min(last, first + _HEART_OF_A_STORY) + move + 1 - end)
    return [draft._replace(at=at) for draft in story if (at := draft.at + move - overrun) < end]
