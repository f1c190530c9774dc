"""Pull requests, deployments and role changes, used by routine activity and planted incidents."""

from collections.abc import Sequence
from random import Random
from typing import Any, Final

from mcm_ingestor.generator.assets import DEPENDENCIES, REGIONS, REPOSITORIES, SERVICES, THINGS, VERBS
from mcm_ingestor.generator.company import Actor, Person
from mcm_ingestor.generator.drafts import MINUTE, Draft

_REVIEW_MS: Final = 20 * MINUTE
_MAX_OPEN: Final = 300


class PullRequests:
    """The company's open pull requests, numbered by repository."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._numbers = {repository: 800 + 137 * index for index, repository in enumerate(REPOSITORIES)}
        self._open: list[tuple[int, dict[str, Any]]] = []

    def open(self, at: int, actor: Actor) -> dict[str, Any]:
        """Opens a small pull request, which may be merged later."""
        facts = self.draw(actor)
        self._open.append((at, facts))
        del self._open[:-_MAX_OPEN]
        return {**facts}

    def draw(self, actor: Actor, lines: int | None = None) -> dict[str, Any]:
        """Creates a pull request outside the pool; under 150 changed lines unless ``lines`` is given."""
        rng = self._rng
        repository = REPOSITORIES[int(rng.random() * len(REPOSITORIES))]
        number = self._numbers[repository] = self._numbers[repository] + 1
        if lines is None:
            # most pull requests change a few dozen lines
            lines = 2 + int(145 * rng.random() * rng.random())
        additions = int(lines * (0.5 + rng.random() / 2))
        return {
            "repository": f"example/{repository}",
            "number": number,
            "title": _title(rng, actor),
            "branch": "main",
            "head_branch": f"{actor.user.partition('@')[0]}/{number}",
            "author": actor.user,
            "lines_changed": lines,
            "additions": additions,
            "deletions": lines - additions,
            "files_changed": 1 + lines // 25 + int(rng.random() * 3),
        }

    def merge(self, at: int, actor: Actor, reviewers: Sequence[Person]) -> dict[str, Any] | None:
        """Merges a pull request open for a while, with one or two approvals; None if there is none."""
        ripe = min(len(self._open), 25)
        index = int(self._rng.random() * ripe)
        if ripe == 0 or at - self._open[index][0] < _REVIEW_MS:
            return None
        opened, facts = self._open.pop(index)
        return {**facts, **self.review(facts["author"], actor.user, reviewers), "open_minutes": (at - opened) // MINUTE}

    def review(self, author: str, merged_by: str, reviewers: Sequence[Person]) -> dict[str, Any]:
        """Picks one or two reviewers, never the author."""
        count = 1 + (self._rng.random() < 0.4)
        others = [person.user for person in self._rng.sample(reviewers, count + 1) if person.user != author]
        return {"approvals": count, "approved_by": others[:count], "merged_by": merged_by}


def deployment(
    rng: Random, at: int, actor: Actor, environment: str, outcome: str = "deployment_succeeded", **facts: Any
) -> list[Draft]:
    """Generates a deployment, from its start to its outcome two to nine minutes later."""
    service = facts.pop("service", None) or SERVICES[int(rng.random() * len(SERVICES))]
    minutes = 2 + int(rng.random() * 7)
    run = {
        **actor.client(rng),
        "service": service,
        "environment": environment,
        "version": f"v{1 + at // (90 * 24 * 60 * MINUTE) % 100}.{at // (60 * MINUTE) % 2160}.{int(rng.random() * 10)}",
        "commit": f"{rng.getrandbits(160):040x}",
        "region": REGIONS[int(rng.random() * 2)],
        "run_id": rng.getrandbits(32),
    }
    finished = at + minutes * MINUTE
    return [
        Draft(at, "deployment_started", actor.user, run),
        Draft(finished, outcome, actor.user, {**run, "duration_seconds": minutes * 60, **facts}),
    ]


def role_change(
    rng: Random, at: int, actor: Actor, target: Person, old_role: str, new_role: str, resource: str | None = None
) -> Draft:
    """Generates a role change, on a repository unless ``resource`` is given."""
    facts = {
        **actor.client(rng),
        "target": target.user,
        "target_team": target.role,
        "old_role": old_role,
        "new_role": new_role,
        "resource": resource or f"repository:example/{REPOSITORIES[int(rng.random() * len(REPOSITORIES))]}",
    }
    return Draft(at, "permission_changed", actor.user, facts)


def _title(rng: Random, actor: Actor) -> str:
    if actor.role == "dependency_bot":
        return f"Update {DEPENDENCIES[int(rng.random() * len(DEPENDENCIES))]}"
    return f"{VERBS[int(rng.random() * len(VERBS))]} {THINGS[int(rng.random() * len(THINGS))]}"
