"""Messages to people: short, and without anything of events that a chat renders."""

# ruff: noqa: RUF001 (look-alike letters are the point)

import re
from uuid import uuid4

import pytest

from mcm_notifier.messages import chat_text, findings_message
from mcm_notifier.notifications import Notification, Reason
from mcm_notifier.testing.delivering import PUBLIC_URL
from mcm_shared.contracts.findings import Severity
from mcm_shared.contracts.triage import TriagedFinding
from mcm_shared.testing.builders import NOON, a_finding

HOSTILE = (
    "<!channel> look",
    "<!here|now> and <@U12345> and <#C12345>",
    "@everyone @here @channel @mona see (@ops)",
    "\n@here",
    "-@channel /@here •@all “@all @@everyone é@channel a:@here",
    "eve@everyone.example.com or x@here or X@Everyone or bot@80351110224678912.example.com",
    "- item",
    "---",
    "<https://evil.example.com|sign in>",
    "[sign in](https://evil.example.com/login)",
    "![x](https://evil.example.com/p.png)",
    "https://evil.example.com/login hxxp://evil.example.com",
    "evil.example.com/reset and www.evil.example.com",
    "write to eve@evil.example.com or mailto:eve@evil.example.com",
    "slack://open?team=1 and tel:+15550100",
    "*bold* _italic_ ~struck~ **strong** __under__ ~~gone~~ ||hidden||",
    "`code` ```block``` > quote",
    "# heading\n## heading\n- list",
    "#general and ~town-square",
    ":fire: :rotating_light:",
    "&lt;!channel&gt; &#60;@U1&#62;",
    "＠everyone ＜!here＞ ｈｔｔｐｓ：／／evil.example.com",
    "\u202e@everyone\u200b @\u200bhere",
    "<at>mona</at> <script>alert(1)</script>",
)
RENDERED = re.compile(
    r"""[<>`|~#\u200b\u202e] | (?<![A-Za-z0-9_])@\w | @(?i:everyone|here|\d)
      | \w@[\w-]+\.\w | https?:// | \w://\w | www\.\w | mailto: | tel:
      | evil\.example | (?<!\w):\w+:(?!\w) | \*\w | \w\* | (?<!\w)_\w | \w_(?!\w) | \[[^\].] | \]\(
      | ^\s*[-+]\s | ^-+$""",
    re.VERBOSE | re.MULTILINE,
)


def a_notification(reason: Reason = Reason.NEW, **said: object) -> Notification:
    finding = TriagedFinding(**a_finding(**said).model_dump())
    return Notification(uuid4(), reason, NOON, finding)


@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_events_holds_nothing_that_a_chat_renders(text: str) -> None:
    notification = a_notification(title=text, description=text, user=text)
    several = [notification, a_notification(title=text, user=text)]

    for contents in ([notification], several, several * 10):
        message = findings_message(uuid4(), "all", contents, PUBLIC_URL, NOON)
        shown = f"{message.title}\n{message.text}"
        assert RENDERED.findall(shown) == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("The bucket customer-exports is public", "The bucket customer-exports is public"),
        ("mona@example.com was made admin", "mona@example[.]com was made admin"),
        ("arn:aws:iam::123456789012:user/mona", "arn:aws:iam::123456789012:user/mona"),
        ("role_escalated_to_admin by 192.0.2.7", "role_escalated_to_admin by 192.0.2.7"),
        ("scopes admin:*, repo", "scopes admin:∗, repo"),
        ("Größe 5 % über Müllers Konto", "Größe 5 % über Müllers Konto"),
    ],
)
def test_ordinary_text_stays_readable(text: str, shown: str) -> None:
    assert chat_text(text) == shown


def test_one_finding_reads_well_on_a_phone() -> None:
    notification = a_notification(severity=Severity.CRITICAL, risk_score=92, detection_count=3)
    message = findings_message(uuid4(), "all", [notification], f"{PUBLIC_URL}/", NOON)

    assert message.title == "Critical: Role escalated to admin"
    assert message.text == "mona@example[.]com was made admin\nmona@example[.]com · risk 92 · 3 detections"
    assert message.url == f"{PUBLIC_URL}/app/findings/{notification.finding.id}"


@pytest.mark.parametrize(
    ("reason", "title"),
    [(Reason.REOPENED, "Reopened, high: Role"), (Reason.SEVERITY_RAISED, "Raised to high: Role")],
)
def test_the_title_says_why_a_known_finding_comes_again(reason: Reason, title: str) -> None:
    message = findings_message(uuid4(), "all", [a_notification(reason)], None, NOON)

    assert message.title.startswith(title)
    assert message.url is None


def test_a_long_text_is_cut() -> None:
    notification = a_notification(title="t" * 5000, description="word " * 5000, user="u" * 500)
    message = findings_message(uuid4(), "all", [notification], PUBLIC_URL, NOON)

    assert len(message.title) < 120
    assert len(message.text) < 400


def test_a_digest_counts_every_finding_by_title() -> None:
    many = [a_notification(title=f"title {number % 30}", severity=Severity.LOW) for number in range(900)]
    contents = [*many, *(a_notification(severity=Severity.CRITICAL) for _ in range(100))]
    message = findings_message(uuid4(), "all", contents, PUBLIC_URL, NOON)

    assert message.title == "1,000 findings: 100 critical, 900 low"
    lines = message.text.splitlines()
    assert lines[0] == "100 x Role escalated to admin (critical)"
    assert sum(int(line.split(" x ")[0].replace(",", "")) for line in lines) == 1000
    assert len(lines) <= 21
    assert len(message.data["data"]["notifications"]) == 1000
