"""Notifications: why a finding is notified, their messages, and the stable ids of both."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from mcm_shared.contracts.findings import Severity
from mcm_shared.contracts.triage import Status, TriagedFinding
from mcm_shared.uuids import UUIDNamespace

_IDS: Final = UUIDNamespace(UUID("6c1f0e5a-93b4-5d0e-a1f7-27c3f4b1d8e9"))


class Reason(StrEnum):
    """Why a finding is notified. A higher number of detections is no reason."""

    NEW = "new"
    REOPENED = "reopened"
    SEVERITY_RAISED = "severity_raised"


class MessageKind(StrEnum):
    """Kind of a message: findings at once, a digest, the notice that findings are held for one, or a reminder."""

    FINDINGS = "findings"
    DIGEST = "digest"
    STORM = "storm"
    REMINDER = "reminder"


@dataclass(frozen=True, slots=True)
class Notification:
    """A notification of a finding, with the finding as it is now.

    ``is_unevaluated`` says that the Sigma filter of an exception may cover the finding: it was not evaluated yet.
    """

    id: UUID
    reason: Reason
    created_at: datetime
    finding: TriagedFinding
    is_unevaluated: bool = False

    @property
    def is_hidden(self) -> bool:
        """Whether the finding is withdrawn, or suppressed by an exception, and may be visible again as it is."""
        hidden = self.finding.withdrawn or self.finding.suppressed_by is not None
        return hidden and not self.finding.status.is_closed


@dataclass(frozen=True, slots=True)
class Storm:
    """What a notice says: how many findings of each severity wait, and when their digest is due."""

    waiting: Mapping[Severity, int]
    digest_at: datetime


@dataclass(frozen=True, slots=True)
class Reminder:
    """What a reminder says: an exception that expires within ``days``."""

    number: int
    name: str
    days: int
    owner: str
    requester: str
    reason: str
    ticket: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class RouteState:
    """State of a route: when it last sent findings, and its storm."""

    sent_at: datetime | None = None
    storm_since: datetime | None = None
    digest_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Notified:
    """What was notified of a finding: the highest severity, and the closing whose reopening was notified last."""

    severity_rank: int
    reopened_after: datetime | None = None


def notified_by(severity_rank: int, status: Status, seen_until: datetime | None) -> Notified:
    """Returns what is notified once people know of a finding in this state."""
    return Notified(severity_rank, seen_until if status is Status.REOPENED else None)


def reason_between(before: Notified | None, after: Notified) -> tuple[Reason, str] | None:
    """Compares two states; returns the reason to notify with its revision, or None.

    A reopened finding of a higher severity is notified once, as reopened.
    """
    if before is None:
        return Reason.NEW, ""
    if after.reopened_after is not None and after.reopened_after != before.reopened_after:
        return Reason.REOPENED, after.reopened_after.isoformat()
    if after.severity_rank > before.severity_rank:
        return Reason.SEVERITY_RAISED, str(after.severity_rank)
    return None


def merged(before: Notified | None, after: Notified) -> Notified:
    """Returns what was notified in all: severities only rise, and a reopening is not forgotten by a closing."""
    if before is None:
        return after
    return Notified(
        max(before.severity_rank, after.severity_rank),
        before.reopened_after if after.reopened_after is None else after.reopened_after,
    )


def notification_id(route: str, finding_uid: UUID, reason: Reason, revision: str) -> UUID:
    """Computes the stable id of a notification."""
    return _IDS.uuid5(f"{route}|{finding_uid}|{reason}|{revision}")


def message_id(kind: str, route: str, first: str) -> UUID:
    """Computes the stable id of a message from the first thing it is about."""
    return _IDS.uuid5(f"{kind}|{route}|{first}")
