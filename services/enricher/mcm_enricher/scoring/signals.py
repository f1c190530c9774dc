"""Signals read from names: privilege, environment, and sensitivity of the affected data."""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from mcm_enricher.scoring.facts import FindingFacts
from mcm_shared.contracts.findings import FindingMessage


class Signal(NamedTuple):
    """Points for the score, and the reason in the product's own words, never the event's."""

    points: int
    reason: str


_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", re.ASCII)

_OWNER: Final = frozenset({"owner", "root", "superuser", "superadmin", "superadministrator", "sudo"})
_ADMIN: Final = frozenset({"admin", "admins", "administrator", "administrators", "administration", "poweruser"})
_VOLUME: Final = frozenset({"activity", "excess", "excessive", "burst", "volume", "unusual", "anomaly"})
_SUCCESSES: Final = frozenset({"login_success", "mfa_success"})
_WRITE: Final = frozenset({"write", "delete", "manage", "maintain", "maintainer", "editor", "contributor"})
_MACHINE: Final = frozenset({"svc", "bot", "serviceaccount", "gserviceaccount", "robot", "automation", "workload"})

_PRODUCTION: Final = frozenset({"prod", "production", "prd"})
_STAGING: Final = frozenset({"staging", "stage", "stg", "uat", "preprod", "preproduction", "nonprod", "nonproduction"})
_DEVELOPMENT: Final = frozenset({"dev", "development", "test", "testing", "sandbox", "qa", "demo", "playground"})
_DEV, _STAGE, _PROD = 1, 2, 3
_ENVIRONMENTS: Final = {
    _DEV: Signal(-4, "a development environment"),
    _STAGE: Signal(-2, "a staging environment"),
    _PROD: Signal(5, "production"),
}
_BEFORE_PRODUCTION: Final = frozenset({"non", "pre", "not"})

_PUBLIC: Final = frozenset({"public", "anonymous", "everyone", "anyone", "world", "internet"})
_PUBLIC_COMPOUNDS: Final = ("allusers", "allauthenticatedusers", "0.0.0.0/0", "::/0")
_SENSITIVE: Final = {
    word: label
    for label, words in {
        "customer data": "customer customers crm",
        "personal data": "pii gdpr personal employee employees hr",
        "health data": "health patient patients medical phi",
        "finance data": "finance financial payment payments payroll billing invoice invoices card cards bank tax pci",
        "secrets": "secret secrets credential credentials password passwords vault keys kms",
        "backups": "backup backups snapshot snapshots dump dumps",
        "audit logs": "audit cloudtrail",
    }.items()
    for word in words.split()
}

_RIGHTS: Final = (
    "new_role",
    "role",
    "roles",
    "role_name",
    "policy",
    "policy_arn",
    "policy_name",
    "permission",
    "permissions",
)
_SCOPES: Final = ("scopes", "scope")
_OBJECTS: Final = ("resource", "bucket", "service", "repository", "database", "secret", "object")
_PLACES: Final = (
    "environment",
    "env",
    "resource",
    "target",
    "service",
    "bucket",
    "cluster",
    "account",
    "project",
    "namespace",
)


def privilege(facts: FindingFacts) -> Signal | None:
    """Finds the highest privilege involved: of the actor, the rights granted, or the account affected."""
    actor = _words(facts.actor)
    rights = _all_words(facts, *_RIGHTS)
    scopes = facts.texts(*_SCOPES)
    scope_words = {word for scope in scopes for word in _words(scope)}
    affected = _all_words(facts, "target", "resource")
    if "root" in actor:
        return Signal(6, "done by a root account")
    if rights & _OWNER:
        return Signal(6, "owner rights")
    if affected & _OWNER:
        return Signal(6, "an owner or root account affected")
    if rights & _ADMIN:
        return Signal(5, "administrator rights")
    if scope_words & _ADMIN or "*" in scopes:
        return Signal(5, "administrator scope")
    if actor & _ADMIN or affected & _ADMIN:
        return Signal(3, "an administrator's account involved")
    if is_machine(facts) or affected & _MACHINE:
        return Signal(2, "a service account involved")
    if (rights | scope_words) & _WRITE:
        return Signal(1, "rights to change things")
    return None


def outcome(finding: FindingMessage, facts: FindingFacts) -> Signal | None:
    """Signals a successful access: a success after failures is worse than any number of failures."""
    if facts.event_type not in _SUCCESSES or is_about_volume(finding):
        return None
    return Signal(4, "it succeeded")


def is_about_volume(finding: FindingMessage) -> bool:
    """Whether a finding is about activity volume, so that its first event is one of many."""
    return not _VOLUME.isdisjoint(finding.rule_name.lower().split("_"))


def environment(facts: FindingFacts) -> Signal | None:
    """Finds the environment: the one that the facts name, else the most critical one suggested by a name."""
    stated = [_environment(text) for text in facts.texts("environment", "env")]
    suggested = [_environment(text) for text in facts.texts(*_PLACES)]
    found = max(filter(None, stated), default=None) or max(filter(None, suggested), default=None)
    if found is None:
        return None
    return _ENVIRONMENTS[found]


def sensitivity(facts: FindingFacts) -> Signal | None:
    """Finds public exposure, and names that suggest sensitive data."""
    visibility = facts.texts("visibility", "acl", "access", "principal", "cidr")
    public = any(_words(text) & _PUBLIC or text.casefold().endswith(_PUBLIC_COMPOUNDS) for text in visibility)
    words = _all_words(facts, *_OBJECTS)
    label = next((_SENSITIVE[word] for word in sorted(words) if word in _SENSITIVE), None)
    if public and label:
        return Signal(7, f"public and named like {label}")
    if public:
        return Signal(4, "open to the public")
    if label:
        return Signal(3, f"named like {label}")
    return None


def is_machine(facts: FindingFacts) -> bool:
    """Whether the actor is a service account or bot, which works at night and on weekends too."""
    return bool(_words(facts.actor) & _MACHINE)


def _environment(text: str) -> int | None:
    words = [word.lower() for word in _WORD.findall(text)]
    for index, word in enumerate(words):
        if word in _PRODUCTION:
            return _STAGE if index and words[index - 1] in _BEFORE_PRODUCTION else _PROD
    if not _STAGING.isdisjoint(words):
        return _STAGE
    return None if _DEVELOPMENT.isdisjoint(words) else _DEV


def _all_words(facts: FindingFacts, *names: str) -> frozenset[str]:
    return frozenset(word for text in facts.texts(*names) for word in _words(text))


@lru_cache(maxsize=8192)
def _words(text: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORD.findall(text))
