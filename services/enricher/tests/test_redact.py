"""What leaves the process: no secret of any kind, pseudonyms for people and addresses, put back in the answer."""

import random
import string
from base64 import b64encode
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.model_server import ModelServer, answer, answering

from mcm_enricher.enrich import Enricher
from mcm_enricher.explainers.model import ModelExplainer
from mcm_enricher.redact import Redactor
from mcm_enricher.secrets_in_text import is_secret_name, without_secrets
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.testing.builders import a_finding

Store = Callable[[AsyncEngine, Sequence[FindingMessage]], Awaitable[list[FindingMessage]]]
MakeModelExplainer = Callable[..., ModelExplainer]

SEED = random.Random(20261120)


def fake(length: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    return "".join(SEED.choices(alphabet, k=length))


# a kind, and how it makes (what must not leave, the text it stands in)
KINDS: dict[str, Callable[[], tuple[str, str]]] = {
    "GitHub token": lambda: (secret := "ghp" + "_" + fake(36), f"git clone with {secret} failed"),
    "AWS key": lambda: (
        secret := fake(40, string.ascii_letters + string.digits + "/+"),
        f"{'AKIA' + fake(16, string.ascii_uppercase)} and {secret} used from the console",
    ),
    "password": lambda: (secret := fake(10), f"login failed: username=mona password={secret} host=db"),
    "bearer token": lambda: (secret := fake(24), f"curl -H 'Authorization: Bearer {secret}' /admin"),
    "basic authorization": lambda: (
        secret := b64encode(f"mona:{fake(9)}".encode()).decode(),
        f"Proxy-Authorization: Basic {secret}",
    ),
    "cookie": lambda: (secret := fake(20), f"Cookie: theme=dark; sid={secret}; lang=en"),
    "JSON web token": lambda: (
        secret := f"eyJ{fake(20)}.eyJ{fake(60)}.{fake(43)}",
        f"token presented {secret} at the gate",
    ),
    "private key": lambda: (
        secret := fake(64),
        f"-----BEGIN RSA PRIVATE {'KEY'}-----\n{secret}\n{fake(64)}\n-----END RSA PRIVATE {'KEY'}-----",
    ),
    "Slack token": lambda: (secret := "xoxb" + "-" + fake(11, string.digits) + "-" + fake(24), f"bot {secret} joined"),
    "login in a URL": lambda: (secret := fake(12), f"postgresql://app:{secret}@db.example.com/orders is slow"),
}


def made(kind: str) -> tuple[str, str]:
    secret, text = KINDS[kind]()
    return secret, text


SEEDED = [made(kind) for kind in KINDS for _ in range(5)]


async def test_of_fifty_seeded_secrets_of_ten_kinds_none_is_in_any_request(
    postgres: AsyncEngine, store_findings: Store, model_server: ModelServer, model_explainer: MakeModelExplainer
) -> None:
    findings = []
    for number, (_, text) in enumerate(SEEDED):
        facts = {"user_agent": text, "resource": f"app-{number}", "items": [text], "deep": {"er": {"text": text}}}
        earliest = {"event_type": "permission_changed", "source": "test-app", "user": text, "facts": facts}
        said = {"group": {"user": text}, "earliest": earliest, "latest": {"facts": {**facts, "more": f"{text} {text}"}}}
        findings.append(a_finding(user=text, title=text, description=f"seen: {text}", extra_data=said))
    stored = await store_findings(postgres, findings)

    await Enricher(postgres, model_explainer()).enrich(stored)

    assert len(SEEDED) == 50
    assert len(model_server.bodies) == 50
    sent = b"\n".join(model_server.bodies).decode()
    leaked = [secret for secret, _ in SEEDED if secret in sent or secret[:12] in sent]
    assert leaked == []
    # it is the secrets that are missing, not the facts
    assert all(f"app-{number}" in sent for number in range(50))


@pytest.mark.parametrize("kind", KINDS)
def test_a_secret_is_cut_out_also_when_a_bound_would_cut_it_in_half(kind: str) -> None:
    secret, text = made(kind)

    for before in ("", "word " * 36, "word " * 38):
        assert secret[:8] not in Redactor("secrets").redact(before + text)[:200]


@pytest.mark.parametrize(
    "text",
    [
        "commit 3f786850e387550fdab836ed7e6dc881de23001b by mona",
        "request 6f1a9d0e-53f4-4c5e-9f4b-0f6b1c2d3e4f",
        "arn:aws:iam::123456789012:role/OrganizationAccountAccessRole",
        "repository example/web-store, 4200 lines changed",
        "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0",
        "design: the inside of a residential building",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert without_secrets(text) == text


@pytest.mark.parametrize(
    "name", ["password", "Authorization", "set-cookie", "client_secret", "api_key", "token", "x.session_id"]
)
def test_of_a_field_that_holds_a_credential_nothing_is_left(name: str) -> None:
    assert is_secret_name(name)
    assert Redactor("secrets").redact_field(name, "hunter2 and more") == "(secret removed)"


@pytest.mark.parametrize(
    "name", ["token_id", "scopes", "user", "resource", "bucket", "new_role", "key_id", "expires_at"]
)
def test_a_field_that_names_something_keeps_its_value(name: str) -> None:
    assert not is_secret_name(name)


def test_people_and_addresses_have_one_pseudonym_each_in_a_request() -> None:
    redactor = Redactor("all")

    texts = [
        "mona@example.com from 192.0.2.7:443, then Mona@Example.com from 2001:db8::7 and ::ffff:192.0.2.9.",
        "eve+x@example.com at 12:30:45 from 192.0.2.7, person-1 says; v1.2.3, 999.1.1.1",
        "\uff4dona\uff20example\uff0ecom mo\u200bna@example.com mona%40example.org",
    ]
    redacted = [redactor.redact(text) for text in texts]

    assert redacted == [
        "person-1 from address-1:443, then person-1 from address-2 and address-3.",
        "person-2 at 12:30:45 from address-1, person-3 says; v1.2.3, 999.1.1.1",
        "person-1 person-1 person-4",
    ]
    assert redactor.restore("Person-2 and person-3, address-3; person-9") == (
        "eve+x@example.com and person-1, ::ffff:192.0.2.9; person-9"
    )


@pytest.mark.parametrize(
    ("redaction", "person", "secret"), [("all", False, False), ("secrets", True, False), ("off", True, True)]
)
async def test_how_much_is_redacted_is_a_setting(
    postgres: AsyncEngine,
    store_findings: Store,
    model_server: ModelServer,
    model_explainer: MakeModelExplainer,
    redaction: Any,
    person: bool,
    secret: bool,
) -> None:
    said = "mona@example.com from 192.0.2.7 with password=hunter2hunter2"
    model_server.behave = answering(
        answer(explanation=f"This was {'person-1' if not person else 'mona@example.com'}, ask.")
    )
    [finding] = await store_findings(postgres, [a_finding(description=said)])

    [told] = await Enricher(postgres, model_explainer(redaction=redaction)).enrich([finding])

    [body] = model_server.bodies
    assert (b"mona@example.com" in body, b"192.0.2.7" in body, b"hunter2" in body) == (person, person, secret)
    assert told.ai_explanation == "This was mona@example.com, ask."


@pytest.mark.parametrize(
    "filler", ["a", "a.", "password", "-----BEGIN ", "1.", "::", "a@", "eyJ", "x=", "://a:", "<", "Bearer "]
)
def test_no_text_takes_long(filler: str) -> None:
    with_a_limit = Redactor("all")

    assert len(with_a_limit.redact(filler * 8192)) < 80_000
