"""What leaves the process: no secret of any kind, pseudonyms for people and addresses, put back in the answer."""

import random
import string
from base64 import b64encode
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from mcm_enricher.enrich import Enricher
from mcm_enricher.explainers.model import ModelExplainer
from mcm_enricher.model.redact import Redactor
from mcm_enricher.model.secrets import is_secret_name, without_secrets
from mcm_enricher.testing.model_server import ModelServer, answer, answering
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.testing.builders import a_finding

Store = Callable[[AsyncEngine, Sequence[FindingMessage]], Awaitable[list[FindingMessage]]]
MakeModelExplainer = Callable[..., ModelExplainer]

SEED = random.Random(20261120)


def fake(length: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    return "".join(SEED.choices(alphabet, k=length))


# a kind, and how it makes (what must not leave, the text it stands in)
KINDS: dict[str, Callable[[], tuple[str, str]]] = {
    "API token of ours": lambda: (
        secret := f"mcm_{fake(12, string.hexdigits[:16])}_{fake(20)}-{fake(22)}",
        f"pushed with {secret} from the console",
    ),
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
    "fine-grained GitHub token": lambda: (
        secret := "github_pat" + "_" + fake(22) + "_" + fake(59),
        f"https://{secret}@github.example.com/acme/web.git",
    ),
    "AWS key in a signed URL": lambda: (
        secret := "ASIA" + fake(16, string.ascii_uppercase),
        f"/x?X-Amz-Credential={secret}%2F20261120%2Feu-west-1&X-Amz-Signature={fake(64, string.hexdigits.lower())}",
    ),
    "AWS session token": lambda: (secret := fake(200) + "==", f"x-amz-security-token: {secret}"),
    "Stripe key": lambda: (secret := "sk" + "_live_" + fake(24), f"paid with {secret}"),
    "OpenAI key": lambda: (secret := "sk" + "-proj-" + fake(48), f"key {secret} in use"),
    "Anthropic key": lambda: (secret := "sk" + "-ant-api03-" + fake(80), f"key {secret} in use"),
    "Google key": lambda: (secret := "AIza" + fake(35), f"maps?key={secret}&v=3"),
    "service account of Google": lambda: (
        secret := fake(64),
        f'{{"type": "service_account", "private_key": "-----BEGIN PRIVATE {"KEY"}-----\\n{secret}\\n"}}',
    ),
    "Databricks token": lambda: (secret := "dapi" + fake(32, string.hexdigits.lower()), f"ran with {secret}"),
    "Supabase token": lambda: (secret := "sbp" + "_" + fake(40, "0123456789abcdef"), f"ran with {secret}"),
    "Terraform token": lambda: (secret := fake(14) + ".atlasv1." + fake(60), f"plan by {secret}"),
    "Okta token": lambda: (secret := "00" + fake(40), f"sent SSWS {secret} to the gate"),
    "connection string": lambda: (secret := fake(10), f"Server=db;User Id=sa;Password={secret};Encrypt=1"),
    "key of a storage account": lambda: (
        secret := fake(86) + "==",
        f"AccountName=acme;AccountKey={secret};EndpointSuffix=core",
    ),
    "login of curl": lambda: (secret := fake(9), f"curl -u mona:{secret} db.example.com"),
    "option of a command": lambda: (secret := fake(9, string.ascii_lowercase), f"deploy --password {secret} -h db"),
    "option of mysql": lambda: (secret := fake(9, string.ascii_lowercase), f"mysql -u root -p{secret} -h db"),
    "login of ldapsearch": lambda: (secret := fake(9), f"ldapsearch -D cn=admin -w {secret} -b dc=example"),
    "bearer token of letters": lambda: (secret := fake(20, string.ascii_lowercase), f"sent Bearer {secret}"),
    "digest authorization": lambda: (
        secret := fake(32, "0123456789abcdef"),
        f'Authorization: Digest username="mona", nonce="1", response="{secret}"',
    ),
    "headers as JSON in JSON": lambda: (secret := fake(20), f'{{\\"Authorization\\": \\"Custom {secret}\\"}}'),
    "password as JSON in JSON": lambda: (secret := fake(12), f'{{\\"password\\": \\"{secret}\\"}}'),
    "password in XML": lambda: (secret := fake(12), f"<password>{secret}</password>"),
    "password in HTML": lambda: (secret := fake(12), f"password&#61;{secret}"),
    "password in a query": lambda: (secret := fake(12), f"user%3Dmona%26password%3D{secret}%26x%3D1"),
    "password in a sentence": lambda: (secret := fake(12), f"they said the password was {secret}, then left"),
    "password behind invisible characters": lambda: (secret := fake(12), f"pass\u200bword\u00ad={secret}"),
    "password in another language": lambda: (secret := fake(12), f"contraseña: {secret}"),
    "password of a container": lambda: (secret := fake(12), f"{{'name': 'DB_PASSWORD', 'value': '{secret}'}}"),
    "hash of a password": lambda: (secret := fake(53), f"root:{'$2b$12$' + secret}:20000"),
    "code": lambda: (secret := fake(8, string.digits), f"your verification code is {secret}"),
    "key in words": lambda: (secret := "7" + fake(31, "0123456789abcdef"), f"their api key {secret} was used"),
    "random word": lambda: (secret := "a1" + fake(30) + "Z9", f"state {secret} seen"),
}


def made(kind: str) -> tuple[str, str]:
    secret, text = KINDS[kind]()
    return secret, text


SEEDED = [made(kind) for kind in KINDS for _ in range(5)]


async def test_of_seeded_secrets_of_many_kinds_none_is_in_any_request(
    postgres: AsyncEngine, store_findings: Store, model_server: ModelServer, model_explainer: MakeModelExplainer
) -> None:
    findings = []
    for number, (_, text) in enumerate(SEEDED):
        facts = {"user_agent": text, "resource": f"app-{number}", "items": [text], "deep": {"er": {"text": text}}}
        earliest = {"event_type": "permission_changed", "source": "test-app", "user": text, "facts": facts}
        said = {"group": {"user": text}, "earliest": earliest, "latest": {"facts": {**facts, "more": f"{text} {text}"}}}
        findings.append(a_finding(user=text, title=text, description=f"seen: {text}", extra_data=said))
    stored = await store_findings(postgres, findings)

    await Enricher(postgres, model_explainer(timeout_s=60.0), timeout_s=None).enrich(stored)

    assert len(SEEDED) >= 200
    assert len(model_server.bodies) == len(SEEDED)
    sent = b"\n".join(model_server.bodies).decode()
    leaked = [secret for secret, _ in SEEDED if secret in sent or secret[:8] in sent or secret[-8:] in sent]
    assert leaked == []
    # it is the secrets that are missing, not the facts
    assert all(f"app-{number}" in sent for number in range(len(SEEDED)))


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
        "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_AdministratorAccess_0123456789abcdef/mona",
        "stack/StackSet-AWSControlTowerBP-BASELINE-1a2b3c4d-1234-1234-1234-123456789012",
        "function:SecurityHub-Enabler-LambdaFunction1",
        "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0",
        "Boto3/1.28.57 md/Botocore#1.31.57 ua/2.0 os/linux#5.15.0-1044-aws md/arch#x86_64 lang/python#3.11.5",
        "pod payments-api-7d9c5bcd4-x8kzq on i-0abcd1234ef567890",
        "design: the inside of a residential building",
        "tokens: 3 created; the token has no expiry; the password was changed; two tokens is a lot",
        "token tok-prod-17 with admin:* was created",
        "error code: 500, status code 404",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert without_secrets(text) == text


@pytest.mark.parametrize(
    "name",
    [
        *(
            "password",
            "Authorization",
            "set-cookie",
            "client_secret",
            "api_key",
            "token",
            "x.session_id",
            "passwordHash",
        ),
        *("requestParameters.masterUserPassword", "secretString", "responseElements.credentials.sessionToken", "jwt"),
        *("headers.x-api-key", "mfa_code", "recoveryCodes", "pin", "sas_url", "pass\u200bword"),
    ],
)
def test_of_a_field_that_holds_a_credential_nothing_is_left(name: str) -> None:
    assert Redactor("secrets").redact_field(name, "hunter2 and more") == "(secret removed)"
    assert Redactor("secrets").redact_field(name, "true") == "true"


@pytest.mark.parametrize("name", ["stripe_key", "datadogAppKey", "x.signing_key", "encryption-key"])
def test_what_looks_like_a_key_is_one_where_the_field_says_so(name: str) -> None:
    assert Redactor("secrets").redact_field(name, "e4fb00ad14b2d70597a2c5aa66cfc940") == "(secret removed)"
    assert Redactor("secrets").redact_field("object", "e4fb00ad14b2d70597a2c5aa66cfc940") != "(secret removed)"
    assert Redactor("secrets").redact_field("sort_key", "orders") == "orders"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "token_id",
            "scopes",
            "user",
            "resource",
            "bucket",
            "new_role",
            "key_id",
            "expires_at",
            "secretId",
            "secretArn",
        ),
        *("passwordPolicy", "password_last_used", "accessKeyId", "author", "pinned", "public_key", "credentialType"),
    ],
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

    [published] = await Enricher(postgres, model_explainer(redaction=redaction)).enrich([finding])

    [body] = model_server.bodies
    assert (b"mona@example.com" in body, b"192.0.2.7" in body, b"hunter2" in body) == (person, person, secret)
    assert published.ai_explanation == "This was mona@example.com, ask."


@pytest.mark.parametrize(
    "filler",
    [
        *(
            "a",
            "a.",
            "password",
            "-----BEGIN ",
            "1.",
            "::",
            "a@",
            "eyJ",
            "x=",
            "://a:",
            "<",
            "Bearer ",
            "mysql ",
            "ldapadd ",
        ),
        *("%41", "\\u0041", "&amp;", "a1B", "-u a:", "'cookie':", "secret ", "code ", "$2b$", "_", "A-1."),
    ],
)
def test_no_text_takes_long(filler: str) -> None:
    with_a_limit = Redactor("all")

    assert len(with_a_limit.redact(filler * 8192)) < 80_000
