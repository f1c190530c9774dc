"""Account incidents: guessed passwords and MFA fatigue."""

from typing import Final
from zoneinfo import ZoneInfo

from mcm_ingestor.generator.company import City, Person, client
from mcm_ingestor.generator.drafts import DAY, HOUR, MINUTE, SECOND, Draft, iso
from mcm_ingestor.generator.normal_life import NormalLife, Story

_HOSTING: Final = (
    City("Reykjavik", "IS", ZoneInfo("UTC"), "", 0, "203.0.113.17"),
    City("Limassol", "CY", ZoneInfo("UTC"), "", 0, "203.0.113.66"),
    City("Panama City", "PA", ZoneInfo("UTC"), "", 0, "203.0.113.101"),
)
_TOOLS: Final = ("python-requests/2.34.0", "Go-http-client/2.0", "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/148.0")


def password_spraying(life: NormalLife, at: int, _lead: Person) -> Story:
    """Password spraying: one address tries one password on half the company and on unknown mailboxes."""
    attacker = _attacker(life)
    victims = [person.user for person in life.rng.sample(life.company.people, 24)]
    guesses = [*victims, "admin@example.com", "test@example.com"]
    return [
        Draft(
            at + number * 17 * SECOND,
            "login_failed",
            user,
            {**attacker, "method": "password", "reason": "bad_password" if user in victims else "unknown_user"},
        )
        for number, user in enumerate(guesses)
    ]


def account_takeover(life: NormalLife, at: int, lead: Person) -> Story:
    """A successful brute force; the intruder creates a token and makes a bucket public to exfiltrate data."""
    attacker = _attacker(life)
    rng = life.rng
    story = [
        Draft(
            at + number * 22 * SECOND,
            "login_failed",
            lead.user,
            {**attacker, "method": "password", "reason": "bad_password"},
        )
        for number in range(24)
    ]
    inside = at + 24 * 22 * SECOND
    story.append(
        Draft(inside, "login_success", lead.user, {**attacker, "method": "password", "application": "cloud-console"})
    )
    token = {"token_id": f"tok_{rng.getrandbits(48):012x}", "name": "sync", "scopes": ["reports:read", "storage:write"]}
    story.append(Draft(inside + 6 * MINUTE, "api_token_created", lead.user, {**attacker, **token, "expires_at": None}))
    bucket = {"bucket": "example-invoices", "region": "eu-central-1"}
    opened = inside + 21 * MINUTE
    story.append(
        Draft(
            opened,
            "storage_bucket_permission_changed",
            lead.user,
            {**attacker, **bucket, "old_visibility": "private", "visibility": "public"},
        )
    )
    responder = rng.choice(life.company.with_role("security"))
    desk = responder.client(rng)
    closed = opened + 2 * HOUR
    story += [
        Draft(
            closed,
            "storage_bucket_permission_changed",
            responder.user,
            {**desk, **bucket, "old_visibility": "public", "visibility": "private"},
        ),
        Draft(
            closed + 4 * MINUTE,
            "api_token_revoked",
            responder.user,
            {**desk, **token, "owner": lead.user, "reason": "compromised"},
        ),
    ]
    return story


def failed_brute_force(life: NormalLife, at: int, lead: Person) -> Story:
    """A brute force on one account that fails."""
    attacker = _attacker(life)
    return [
        Draft(
            at + number * 35 * SECOND,
            "login_failed",
            lead.user,
            {**attacker, "method": "password", "reason": "bad_password"},
        )
        for number in range(7 + int(life.rng.random() * 6))
    ]


def mfa_fatigue(life: NormalLife, at: int, lead: Person) -> Story:
    """MFA fatigue at night: repeated push requests until one is approved, then a token with all scopes."""
    attacker = _attacker(life)
    rng = life.rng
    asked = {**attacker, "factor": "push", "application": "cloud-console"}
    story: Story = []
    for number in range(9):
        story.append(Draft(at + number * 50 * SECOND, "mfa_challenge", lead.user, {**asked}))
        reason = "denied_by_user" if number % 3 else "timeout"
        story.append(
            Draft(at + number * 50 * SECOND + 31 * SECOND, "mfa_failed", lead.user, {**asked, "reason": reason})
        )
    gives_in = at + 9 * 50 * SECOND
    token = {"token_id": f"tok_{rng.getrandbits(48):012x}", "name": "backup-2", "scopes": ["admin:*"]}
    story += [
        Draft(gives_in, "mfa_challenge", lead.user, {**asked}),
        Draft(gives_in + 20 * SECOND, "mfa_success", lead.user, {**asked}),
        Draft(
            gives_in + 21 * SECOND,
            "login_success",
            lead.user,
            {**attacker, "method": "password_mfa", "application": "cloud-console"},
        ),
        Draft(
            gives_in + 11 * MINUTE,
            "api_token_created",
            lead.user,
            {**attacker, **token, "expires_at": iso(at + 365 * DAY)},
        ),
    ]
    responder = rng.choice(life.company.with_role("security"))
    facts = {**responder.client(rng), **token, "owner": lead.user, "reason": "reported by its owner"}
    story.append(Draft(gives_in + 8 * HOUR, "api_token_revoked", responder.user, facts))
    return story


def _attacker(life: NormalLife) -> dict[str, object]:
    city = life.rng.choice(_HOSTING)
    return client(city.office_ip, life.rng.choice(_TOOLS), city)
