"""Privilege incidents: roles and tokens that grant too much."""

from typing import Any

from mcm_ingestor.generator import changes
from mcm_ingestor.generator.company import Person
from mcm_ingestor.generator.drafts import DAY, HOUR, MINUTE, Draft, iso
from mcm_ingestor.generator.normal_life import NormalLife, Story


def admin_grant(life: NormalLife, at: int, lead: Person) -> Story:
    """An engineer becomes administrator of a repository; reverted two days later."""
    target = life.rng.choice(life.company.with_role("backend", "mobile"))
    repository = "repository:example/orders"
    return [
        changes.role_change(life.rng, at, lead, target, "developer", "admin", repository),
        changes.role_change(life.rng, at + 2 * DAY, lead, target, "admin", "developer", repository),
    ]


def owner_of_production(life: NormalLife, at: int, lead: Person) -> Story:
    """Late in the evening an administrator grants a colleague administrator rights in production, used at once."""
    target = life.rng.choice(life.company.with_role("sales", "support"))
    resource = "account:production"
    return [
        *life.signs_in(at - 5 * MINUTE, lead),
        changes.role_change(life.rng, at, lead, target, "viewer", "admin", resource),
        *life.signs_in(at + 9 * MINUTE, target),
    ]


def viewer_becomes_developer(life: NormalLife, at: int, lead: Person) -> Story:
    """A person outside engineering gains write access to code."""
    target = life.rng.choice(life.company.with_role("finance", "design", "sales"))
    return [changes.role_change(life.rng, at, lead, target, "viewer", "developer")]


def admin_token(life: NormalLife, at: int, lead: Person) -> Story:
    """A token for a script that needs one scope but has all."""
    facts = _token(life, lead, "migration-script", ["admin:*"])
    return [
        Draft(at, "api_token_created", lead.user, {**facts, "expires_at": iso(at + 90 * DAY)}),
        Draft(at + 3 * HOUR, "api_token_revoked", lead.user, {**facts, "reason": "no longer used"}),
    ]


def token_without_expiry(life: NormalLife, at: int, lead: Person) -> Story:
    """A token meant for one afternoon that never expires."""
    facts = _token(life, lead, "grafana-export", ["metrics:read", "reports:read"])
    return [Draft(at, "api_token_created", lead.user, {**facts, "expires_at": None})]


def _token(life: NormalLife, owner: Person, name: str, scopes: list[str]) -> dict[str, Any]:
    return {
        **owner.client(life.rng),
        "token_id": f"tok_{life.rng.getrandbits(48):012x}",
        "name": name,
        "scopes": scopes,
    }
