"""Small mistakes, rare enough that a company of 50 gets about one finding a day from them."""

from collections.abc import Callable
from typing import Final

from mcm_ingestor.generator import changes
from mcm_ingestor.generator.drafts import SECOND, Draft
from mcm_ingestor.generator.normal_life import NormalLife, Story

RoughEdge = Callable[[NormalLife, int], Story]
"""Generates one mistake; it ends within STORY_MS."""

ENGINEERS: Final = ("backend", "frontend", "mobile", "platform", "data")


def mistypes_password(life: NormalLife, at: int) -> Story:
    """One or two wrong passwords, then the right one."""
    person = life.person_at_work(at)
    tries = 1 + (life.rng.random() < 0.3)
    failed = [
        Draft(
            at + number * 12 * SECOND,
            "login_failed",
            person.user,
            {**person.client(life.rng), "method": "password", "reason": "bad_password"},
        )
        for number in range(tries)
    ]
    return failed + life.signs_in(at + tries * 12 * SECOND, person)


def mistypes_code(life: NormalLife, at: int) -> Story:
    """One failed MFA, then a successful login."""
    person = life.person_at_work(at)
    facts = {**person.client(life.rng), "factor": "totp"}
    return [
        Draft(at, "mfa_challenge", person.user, facts),
        Draft(at + 9 * SECOND, "mfa_failed", person.user, {**facts, "reason": "wrong_code"}),
        *life.signs_in(at + 15 * SECOND, person),
    ]


def merges_medium(life: NormalLife, at: int) -> Story:
    """A reviewed merge of 160 to 390 lines."""
    return merges(life, at, 160 + int(life.rng.random() * 230))


def merges_large(life: NormalLife, at: int) -> Story:
    """A reviewed merge of about 500 to 1,100 lines, as with generated code."""
    return merges(life, at, 500 + int(life.rng.random() * 600))


def merges(life: NormalLife, at: int, lines: int) -> Story:
    """An approved merge of this many lines."""
    person = life.person_at_work(at, *ENGINEERS)
    facts = {
        **life.pull_requests.draw(person, lines),
        **life.pull_requests.review(person.user, person.user, life.reviewers),
        "open_minutes": 240,
    }
    return [Draft(at, "pull_request_merged", person.user, {**facts, **person.client(life.rng)})]


def fails_in_staging(life: NormalLife, at: int) -> Story:
    """A deployment to staging that fails."""
    bot = life.deployer
    return changes.deployment(life.rng, at, bot, "staging", "deployment_failed", reason="integration tests failed")


def fails_in_production(life: NormalLife, at: int) -> Story:
    """A production deployment that fails its health check and is rolled back automatically."""
    bot = life.deployer
    return changes.deployment(
        life.rng, at, bot, "production", "deployment_failed", reason="health check failed", rolled_back=True
    )


def joins_a_project(life: NormalLife, at: int) -> Story:
    """A viewer gains write access to code."""
    admin = life.person_at_work(at, "it")
    target = life.person_at_work(at, "product", "support", "data", "design")
    return [changes.role_change(life.rng, at, admin, target, "viewer", "developer")]


RATES_PER_DAY: Final[dict[RoughEdge, float]] = {
    mistypes_password: 8.0,
    mistypes_code: 0.5,
    merges_medium: 0.4,
    fails_in_staging: 0.25,
    joins_a_project: 0.12,
    merges_large: 0.07,
    fails_in_production: 0.07,
}

EVENTS_A_DAY_FOR_FULL_RATES: Final = 200.0
"""With fewer events a day than this, mistakes are proportionally rarer."""
