"""Messages to channels: short plain text for people, and JSON for programs."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from mcm_notifier.notifications import Notification, Reason, Reminder, Storm
from mcm_shared.contracts.findings import Severity
from mcm_shared.contracts.triage import TriagedFinding
from mcm_shared.text_safety import defang, plain

_LISTED: Final = 10
_RULES_LISTED: Final = 20
_TITLE_CHARACTERS: Final = 80
_DESCRIPTION_CHARACTERS: Final = 240

# what chats make of text beyond Markdown: mentions, links to channels, emoji, addresses
# some see a mention after any character but a letter of ASCII, Discord sees its own two in the middle of a word
_MENTION: Final = re.compile(r"(?<![A-Za-z0-9_])@(?=\w)|@(?=everyone|here|\d)", re.IGNORECASE)
_LIST: Final = re.compile(r"^(?:[-+=]+(?:\s+|$))+")
_ADDRESS: Final = re.compile(r"(?<=\S)@\S+")
_CHANNEL: Final = re.compile(r"[#~]")
_EMOJI: Final = re.compile(r"(?<!\w):([\w+-]+):(?!\w)")
_EMPHASIS: Final = re.compile(r"(?<!\w)_+|_+(?!\w)")
_LOOKS_THE_SAME: Final = "\N{ASTERISK OPERATOR}"

_BEFORE_SEVERITY: Final = {Reason.NEW: "", Reason.REOPENED: "Reopened, ", Reason.SEVERITY_RAISED: "Raised to "}


@dataclass(frozen=True, slots=True)
class Message:
    """A message to a channel; the same ``id`` means the same message, however often it is sent.

    ``title`` and ``text`` hold nothing that a chat renders, but for ``url``, which is not part of them. ``data`` is
    the JSON of the signed webhook.
    """

    id: UUID
    type: str
    title: str
    text: str
    url: str | None
    data: dict[str, Any]

    @property
    def text_with_link(self) -> str:
        """The text, with the URL on its last line."""
        return self.text if self.url is None else f"{self.text}\n{self.url}"


def chat_text(value: object, *, characters: int = _TITLE_CHARACTERS) -> str:
    """Sanitises event text for chats: no link, mention or markup of any of them; addresses are defanged."""
    text = defang(plain(value, characters=characters, words=characters))
    text = _ADDRESS.sub(lambda address: address[0].replace(".", "[.]").replace("[[.]]", "[.]"), text)
    text = _LIST.sub("", _CHANNEL.sub("", _MENTION.sub("(at) ", text)))
    return _EMPHASIS.sub("", _EMOJI.sub(r"\1", text)).replace("*", _LOOKS_THE_SAME)


def findings_message(
    message_id: UUID, route: str, notifications: Sequence[Notification], public_url: str | None, at: datetime
) -> Message:
    """Builds the message about one or several findings."""
    if len(notifications) == 1:
        [notification] = notifications
        type_ = f"finding.{notification.reason}"
        title, text = _single_title(notification), _single_text(notification.finding)
        url = link_to_finding(public_url, notification.finding.id)
    else:
        type_ = "findings.digest"
        title = (
            f"{len(notifications):,} findings: {_by_severity(Counter(each.finding.severity for each in notifications))}"
        )
        text, url = _digest_text(notifications), link_to_findings(public_url)
    data = {"route": route, "notifications": [_as_data(each, public_url) for each in notifications]}
    return Message(message_id, type_, title, text, url, _envelope(type_, at, data))


def storm_message(message_id: UUID, route: str, storm: Storm, public_url: str | None, at: datetime) -> Message:
    """Builds the notice that a route's findings are held for a digest."""
    waiting = sum(storm.waiting.values())
    title = f"Many findings: {waiting:,} wait for a digest"
    digest_at = f"{storm.digest_at.astimezone(UTC):%H:%M} UTC"
    text = f"{_by_severity(storm.waiting)}. The route {route} sends them as one digest at {digest_at}."
    data = {"route": route, "waiting": waiting, "digest_at": storm.digest_at.isoformat()}
    url = link_to_findings(public_url)
    return Message(message_id, "findings.storm", title, text, url, _envelope("findings.storm", at, data))


def reminder_message(message_id: UUID, reminder: Reminder, public_url: str | None, at: datetime) -> Message:
    """Builds the reminder that an exception expires."""
    days = f"{reminder.days} day{'s' if reminder.days != 1 else ''}"
    title = f"Exception {reminder.name} expires within {days}"
    people = f"Owner {chat_text(reminder.owner)}, requested by {chat_text(reminder.requester)}"
    ticket = f", ticket {chat_text(reminder.ticket)}" if reminder.ticket else ""
    text = (
        f"It ends on {reminder.expires_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC; what it hides is visible again then.\n"
        f"{people}{ticket}\n{chat_text(reminder.reason, characters=_DESCRIPTION_CHARACTERS)}"
    )
    url = None if public_url is None else f"{public_url.rstrip('/')}/app/exceptions?exception={reminder.number}"
    exception = {
        "id": reminder.number,
        "name": reminder.name,
        "owner": reminder.owner,
        "requester": reminder.requester,
        "reason": reminder.reason,
        "ticket": reminder.ticket,
        "expires_at": reminder.expires_at.isoformat(),
    }
    data = {"days": reminder.days, "url": url, "exception": exception}
    return Message(message_id, "exception.expiring", title, text, url, _envelope("exception.expiring", at, data))


def probe_message(message_id: UUID, channel: str, public_url: str | None, at: datetime) -> Message:
    """Builds the message that tests a channel."""
    text = f"The Mini Compliance Monitor reaches the channel {channel}."
    return Message(
        message_id,
        "test",
        "Test message",
        text,
        link_to_findings(public_url),
        _envelope("test", at, {"channel": channel}),
    )


def link_to_finding(public_url: str | None, finding_id: int) -> str | None:
    """Builds the URL of a finding's page."""
    return None if public_url is None else f"{public_url.rstrip('/')}/app/findings/{finding_id}"


def link_to_findings(public_url: str | None) -> str | None:
    """Builds the URL of the list of findings."""
    return None if public_url is None else f"{public_url.rstrip('/')}/app/findings"


def _single_title(notification: Notification) -> str:
    finding = notification.finding
    severity = f"{_BEFORE_SEVERITY[notification.reason]}{finding.severity.value}".capitalize()
    return f"{severity}: {chat_text(finding.title)}"


def _single_text(finding: TriagedFinding) -> str:
    facts = [chat_text(finding.user)] if finding.user else []
    if finding.risk_score is not None:
        facts.append(f"risk {finding.risk_score}")
    facts.append(f"{finding.detection_count:,} detection{'s' if finding.detection_count != 1 else ''}")
    return f"{chat_text(finding.description, characters=_DESCRIPTION_CHARACTERS)}\n{' · '.join(facts)}"


def _digest_text(notifications: Sequence[Notification]) -> str:
    ordered = sorted(notifications, key=lambda each: (-each.finding.severity.rank, each.finding.id))
    if len(ordered) <= _LISTED:
        return "\n".join(_digest_line(each) for each in ordered)
    rules = Counter((each.finding.severity, chat_text(each.finding.title)) for each in ordered)
    by_rule = sorted(rules.items(), key=lambda item: (-item[0][0].rank, -item[1], item[0][1]))
    lines = [f"{count:,} x {title} ({severity})" for (severity, title), count in by_rule[:_RULES_LISTED]]
    if rest := by_rule[_RULES_LISTED:]:
        lines.append(f"{sum(count for _, count in rest):,} x {len(rest)} other titles")
    return "\n".join(lines)


def _digest_line(notification: Notification) -> str:
    user = f" · {chat_text(notification.finding.user)}" if notification.finding.user else ""
    return f"{_single_title(notification)}{user}"


def _by_severity(counts: Mapping[Severity, int]) -> str:
    return ", ".join(f"{counts[severity]:,} {severity}" for severity in reversed(Severity) if counts.get(severity))


def _as_data(notification: Notification, public_url: str | None) -> dict[str, Any]:
    return {
        "id": str(notification.id),
        "reason": notification.reason.value,
        "url": link_to_finding(public_url, notification.finding.id),
        "finding": notification.finding.model_dump(mode="json"),
    }


def _envelope(type_: str, at: datetime, data: dict[str, Any]) -> dict[str, Any]:
    return {"type": type_, "timestamp": at.isoformat(), "data": data}
