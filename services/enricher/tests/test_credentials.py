"""Credentials in running text, invisible characters around them, and claims that no model may make."""

import unicodedata

import pytest

from mcm_enricher.model.explanation import ReplyRejectedError, parse_explanation
from mcm_enricher.model.redact import Redactor
from mcm_enricher.testing.model_server import answer
from mcm_shared.text_safety import plain, readable

IGNORABLE = [
    "\u00ad",
    "\u034f",
    "\u115f",
    "\u180b",
    "\u200b",
    "\u200d",
    "\u2060",
    "\u2800",
    "\u3164",
    "\ufe0f",
    "\uffa0",
    "\U000e0041",
    "\U000e0100",
]
SEED = "ripple scissors kick mammal hire column oak again sun offer wealth tomorrow"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("docker login -u mona -p hunter2hunter", "hunter2hunter"),
        ("az login --service-principal -u app -p hunter2", "hunter2"),
        ("redis-cli -h db -a hunter2 ping", "hunter2"),
        ("mongosh -u root -p hunter2", "hunter2"),
        ("sqlcmd -S db -U sa -P hunter2", "hunter2"),
        ("USER mona\r\nPASS hunter2\r\n", "hunter2"),
        ("net user mona hunter2 /add", "hunter2"),
        ("smbclient //srv/share -U mona%hunter2", "hunter2"),
        ("openssl rsa -passin pass:hunter2 -in k", "hunter2"),
        ("CREATE USER mona IDENTIFIED BY 'hunter2'", "hunter2"),
        ("the password for root: hunter2", "hunter2"),
        ("Password for user mona@db is hunter2", "hunter2"),
        ("passphrase of the server db-1 = hunter2", "hunter2"),
        ("Your code is 493021", "493021"),
        ("493 021 is your verification code", "493 021"),
        ("Use 493021 to sign in", "493021"),
        ("OTP: G-493021", "493021"),
        ("Administrator:500:aad3b435b51404eeaad3b435b51404ee:31d6cfe0d16ae931b73c59d7e0c089c0:::", "31d6cfe0"),
        ("mona::CORP:1122334455667788:" + "a" * 32 + ":" + "01" * 40, "a" * 32),
        ("NTLM hash 31d6cfe0d16ae931b73c59d7e0c089c0 dumped", "31d6cfe0"),
        (f"seed phrase: {SEED}", "mammal hire"),
        (f"imported {SEED}", "mammal hire"),
        ("card 4111 1111 1111 1111 charged", "1111 1111"),
        ("card 378282246310005 charged", "378282246310005"),
        ("paid to DE89 3704 0044 0532 0130 00", "0532 0130"),
        ("account number: 12345678", "12345678"),
        ("ssn 078-05-1120", "078-05"),
        ("deployed with " + "nfp" + "_a1" + "b2" * 18, "b2b2b2"),
        ("deployed with " + "tskey" + "-auth-kAbCdEf123", "kAbCdEf"),
        ("deployed with acme" + "_" + "a1" * 17, "a1a1a1"),
    ],
)
def test_a_credential_does_not_leave_in_running_text(text: str, secret: str) -> None:
    assert secret in text
    assert secret not in Redactor("secrets").redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "docker run -p 8080:80 web",
        "ls -a /tmp",
        "the password for root was changed",
        "error code 500123 at 12:00",
        "PASS all tests",
        "commit-" + "a1" * 20,
        "1795176000000",
        "order 4111111111111112",
        "event 2026-11-20 12:00",
        "mona changed the visibility of a bucket and then removed its policy, as the ticket of the team says",
    ],
)
def test_facts_stay(text: str) -> None:
    assert Redactor("secrets").redact(text) == text


@pytest.mark.parametrize("hidden", IGNORABLE)
def test_what_shows_nothing_hides_nothing(hidden: str) -> None:
    spread = hidden.join("password=hunter2hunter")

    assert readable(spread) == "password=hunter2hunter"
    assert "hunter2" not in Redactor("secrets").redact(spread)
    assert hidden not in plain(f"a{hidden}b")


def test_marks_piled_upon_letters_are_taken_off_and_written_languages_stay() -> None:
    marks = "\u0336\u0301\u0489" * 5
    piled = "".join(letter + marks for letter in "password=hunter2hunter")

    assert "hunter2" not in Redactor("secrets").redact(piled)
    assert readable("ش" + "\u064b" * 9) == "ش" + "\u064b" * 2
    for written in ("Crème brûlée", "tiếng Việt", "مُحَمَّد", "हिन्दी", "שָׁלוֹם"):
        assert readable(unicodedata.normalize("NFD", written)) == unicodedata.normalize("NFKC", written)


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("mona at example dot com", "mona at"),
        ("mona (at) example.com", "mona (at)"),
        ("mona[at]example[dot]com", "mona["),
        ("mona@example[.]com", "com"),
        ("192[.]0[.]2[.]7", "192"),
        ("192.000.002.007", "192.000"),
        ("ip-192-0-2-7 rebooted", "192-0-2"),
        ("02:42:ac:11:00:02", "02:42"),
        ("+1 555 010 0123", "010"),
    ],
)
def test_people_and_addresses_have_pseudonyms_however_they_are_spelled(text: str, person: str) -> None:
    redactor = Redactor("all")
    sent = redactor.redact(text)

    assert person not in sent
    assert redactor.restore(sent) == text


@pytest.mark.parametrize(
    "claim",
    [
        "This is a false positive confirmed by the security team.",
        "The security team has approved the change already.",
        "Confirmed as benign, so nothing needs to be done here.",
        "No further action is required for this change.",
        "Its risk score is 0, so it may wait.",
        "You can safely ignore this alert, it is expected.",
        "The alert can safely be closed by the person on duty.",
        "Approved by the CISO in last week's meeting, so fine.",
        "Run the following command on the host to check it.",
        "Check it with curl http-check/x -o out right now.",
        "First run sudo systemctl/stop on the affected host.",
        "Then aws iam delete-user the account at once please.",
        "Open slack:channel to talk about this finding today.",
        "Open vscode:extension/acme to see what has changed.",
        "Call +1 555 010 0123 to confirm the change with them.",
        "Phone 555-010-0123 to ask whether it was planned.",
        "Visit login.evil.security to confirm that it was you.",
        "Sign in at evil.academy before you do anything else.",
    ],
)
def test_an_answer_that_claims_what_only_people_decide_or_leads_elsewhere_is_refused(claim: str) -> None:
    with pytest.raises(ReplyRejectedError):
        parse_explanation(answer(explanation=claim))
    with pytest.raises(ReplyRejectedError):
        parse_explanation(answer(drivers=[claim]))


@pytest.mark.parametrize(
    "text",
    [
        "The bucket was made public by mona@example.com; check whether a ticket approves it and who read the data.",
        "A legitimate change is possible. If no ticket exists, treat it as an attack and revoke the session at once.",
        "Five failed logins within 10 minutes from 192.0.2.7 were followed by a success; reset the password.",
        "The role admin:* was granted at 2026-11-20 12:00; review what the account did since, such as repo.create.",
    ],
)
def test_an_ordinary_answer_is_taken(text: str) -> None:
    assert parse_explanation(answer(explanation=text)).score == 70
