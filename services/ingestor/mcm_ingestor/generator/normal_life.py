"""Routine activity of people and bots, one to four events each; none of it should raise a finding."""

from bisect import bisect
from collections.abc import Callable
from itertools import accumulate
from random import Random
from typing import Any, Final

from mcm_ingestor.generator import changes
from mcm_ingestor.generator.assets import APPLICATIONS, BUCKETS, FACTORS, NARROW_SCOPES, REGIONS, ROLE_CHANGES
from mcm_ingestor.generator.company import Actor, Company, Person
from mcm_ingestor.generator.drafts import DAY, MINUTE, SECOND, Draft, iso
from mcm_ingestor.generator.working_hours import WorkingHours

Story = list[Draft]
Habits = dict[str, float]

STORY_MS: Final = 10 * MINUTE
"""Maximum duration of a routine activity."""

_ENGINEER: Final[Habits] = {"signs_in": 30, "opens_app": 25, "opens_pull_request": 19, "merges_pull_request": 25}
_OFFICE: Final[Habits] = {"signs_in": 50, "opens_app": 50}

_HABITS: Final[dict[str, Habits]] = {
    "backend": {**_ENGINEER, "deploys_to_dev": 4, "creates_token": 1.5, "revokes_token": 1.2},
    "frontend": {**_ENGINEER, "deploys_to_dev": 3, "creates_token": 0.8, "revokes_token": 0.6},
    "mobile": {**_ENGINEER, "creates_token": 0.8, "revokes_token": 0.6},
    "platform": {
        **_ENGINEER,
        "deploys": 5,
        "creates_token": 2,
        "revokes_token": 1.7,
        "changes_bucket": 3,
        "creates_bucket": 1,
    },
    "data": {**_ENGINEER, "creates_token": 1, "revokes_token": 0.8, "changes_bucket": 3, "creates_bucket": 1.2},
    "security": {"signs_in": 50, "opens_app": 40, "changes_role": 5, "changes_bucket": 2},
    "it": {"signs_in": 45, "opens_app": 35, "changes_role": 16},
    "deployer": {"deploys": 80, "signs_in_as_bot": 20},
    "provisioner": {"signs_in_as_bot": 60, "creates_bucket": 6, "changes_bucket": 10, "rotates_token": 8},
    "batch": {"signs_in_as_bot": 85, "rotates_token": 15},
    "dependency_bot": {"signs_in_as_bot": 30, "opens_pull_request": 60},
}


class NormalLife:
    """Routine activity of the company; every choice comes from ``rng``, so equal seeds give equal activity."""

    def __init__(self, company: Company, rng: Random) -> None:
        self.company = company
        self.rng = rng
        self.hours = WorkingHours(company)
        self.pull_requests = changes.PullRequests(rng)
        self.reviewers = company.with_role("backend", "frontend", "platform")
        self.deployer = next(bot for bot in company.service_accounts if bot.role == "deployer")
        self._actors = company.actors
        self._tokens: dict[str, list[dict[str, Any]]] = {}
        self._buckets = list(BUCKETS)
        self._habits = {role: self._bound(habits) for role, habits in _HABITS.items()}
        self._office_habits = self._bound(_OFFICE)

    def story(self, at: int) -> Story:
        """Generates an activity of an actor at work at this time; it ends within STORY_MS."""
        weights = self.hours.cumulative_weights(at)
        actor = self._actors[bisect(weights, self.rng.random() * weights[-1], 0, len(weights) - 1)]
        doings, habit_weights = self._habits.get(actor.role, self._office_habits)
        return doings[bisect(habit_weights, self.rng.random() * habit_weights[-1], 0, len(doings) - 1)](at, actor)

    def person_at_work(self, at: int, *roles: str) -> Person:
        """Picks an actor at work at this time, optionally with one of these roles."""
        weights = self.hours.cumulative_weights(at)
        numbers = [n for n, person in enumerate(self.company.people) if not roles or person.role in roles]
        mine = [weights[number] - (weights[number - 1] if number else 0.0) for number in numbers]
        return self.company.people[self.rng.choices(numbers, mine)[0]]

    def signs_in(self, at: int, actor: Actor) -> Story:
        """A full login: password, then MFA."""
        client = actor.client(self.rng)
        factor = {**client, "factor": self._one_of(FACTORS), "application": self._one_of(APPLICATIONS)}
        asked = at + self._between(1, 3) * SECOND
        answered = asked + self._between(3, 25) * SECOND
        return [
            Draft(asked, "mfa_challenge", actor.user, factor),
            Draft(answered, "mfa_success", actor.user, {**factor}),
            Draft(
                answered + 400,
                "login_success",
                actor.user,
                {**client, "method": "password_mfa", "application": factor["application"]},
            ),
        ]

    def opens_app(self, at: int, actor: Actor) -> Story:
        """A login to another application in an existing session."""
        facts = {**actor.client(self.rng), "method": "sso", "application": self._one_of(APPLICATIONS)}
        return [Draft(at, "login_success", actor.user, facts)]

    def signs_in_as_bot(self, at: int, actor: Actor) -> Story:
        """A workload's login, without MFA."""
        facts = {**actor.client(self.rng), "method": "workload_identity", "application": "cloud-console"}
        return [Draft(at, "login_success", actor.user, facts)]

    def opens_pull_request(self, at: int, actor: Actor) -> Story:
        """A small pull request."""
        facts = {**self.pull_requests.open(at, actor), **actor.client(self.rng)}
        return [Draft(at, "pull_request_opened", actor.user, facts)]

    def merges_pull_request(self, at: int, actor: Actor) -> Story:
        """A reviewed merge if a pull request is old enough; otherwise a new pull request."""
        merged = self.pull_requests.merge(at, actor, self.reviewers)
        if merged is None:
            return self.opens_pull_request(at, actor)
        return [Draft(at, "pull_request_merged", actor.user, {**merged, **actor.client(self.rng)})]

    def deploys(self, at: int, actor: Actor) -> Story:
        """A deployment that succeeds, to any environment."""
        return changes.deployment(self.rng, at, actor, self._one_of(("dev", "staging", "staging", "production")))

    def deploys_to_dev(self, at: int, actor: Actor) -> Story:
        """A deployment to a personal environment, where failures are normal."""
        outcome = "deployment_failed" if self.rng.random() < 0.1 else "deployment_succeeded"
        return changes.deployment(self.rng, at, actor, "dev", outcome)

    def creates_token(self, at: int, actor: Actor) -> Story:
        """A token with narrow scopes that expires."""
        token = self._token(at)
        owned = self._tokens.setdefault(actor.user, [])
        owned.append(token)
        del owned[:-20]
        return [Draft(at, "api_token_created", actor.user, {**token, **actor.client(self.rng)})]

    def revokes_token(self, at: int, actor: Actor) -> Story:
        """Revokes the actor's oldest token; creates one if none is left."""
        owned = self._tokens.setdefault(actor.user, [self._token(at - 30 * DAY)])
        if not owned:
            return self.creates_token(at, actor)
        token = owned.pop(0)
        facts = {
            **actor.client(self.rng),
            "token_id": token["token_id"],
            "name": token["name"],
            "scopes": list(token["scopes"]),
            "reason": self._one_of(("rotated", "no longer used", "laptop replaced")),
        }
        return [Draft(at, "api_token_revoked", actor.user, facts)]

    def _token(self, at: int) -> dict[str, Any]:
        return {
            "token_id": f"tok_{self.rng.getrandbits(48):012x}",
            "name": f"{self._one_of(('cli', 'laptop', 'script', 'notebook'))}-{self._between(1, 99)}",
            "scopes": list(self._one_of(NARROW_SCOPES)),
            "expires_at": iso(at + self._one_of((7, 30, 30, 90)) * DAY),
        }

    def rotates_token(self, at: int, actor: Actor) -> Story:
        """A token rotation: a new token, and a minute later the old one revoked."""
        revoked = self.revokes_token(at + MINUTE, actor) if self._tokens.get(actor.user) else []
        return self.creates_token(at, actor) + revoked

    def changes_role(self, at: int, actor: Actor) -> Story:
        """A routine role change."""
        old_role, new_role = self._one_of(ROLE_CHANGES)
        target = self._one_of([person for person in self.company.people if person is not actor])
        return [changes.role_change(self.rng, at, actor, target, old_role, new_role)]

    def creates_bucket(self, at: int, actor: Actor) -> Story:
        """A private bucket."""
        purpose = self._one_of(("export", "scratch", "logs", "training", "import"))
        bucket = f"example-{purpose}-{self.rng.getrandbits(20):05x}"
        self._buckets.append(bucket)
        del self._buckets[len(BUCKETS) : -30]
        facts = {**actor.client(self.rng), "bucket": bucket, "region": self._one_of(REGIONS), "visibility": "private"}
        return [Draft(at, "storage_bucket_created", actor.user, facts)]

    def changes_bucket(self, at: int, actor: Actor) -> Story:
        """A bucket shared with, or closed to, the rest of the company."""
        old, new = self._one_of((("private", "internal"), ("internal", "private")))
        facts = {
            **actor.client(self.rng),
            "bucket": self._one_of(self._buckets),
            "region": self._one_of(REGIONS),
            "old_visibility": old,
            "visibility": new,
        }
        return [Draft(at, "storage_bucket_permission_changed", actor.user, facts)]

    def _bound(self, habits: Habits) -> tuple[list[Callable[[int, Actor], Story]], list[float]]:
        return [getattr(self, doing) for doing in habits], list(accumulate(habits.values()))

    def _one_of(self, choices: Any) -> Any:
        return choices[int(self.rng.random() * len(choices))]

    def _between(self, low: int, high: int) -> int:
        return low + int(self.rng.random() * (high - low + 1))
