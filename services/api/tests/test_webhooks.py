"""Webhooks: signatures, events in Kafka once they are acknowledged, and no endpoint without a secret."""

import base64
import hashlib
import hmac
import time
from typing import Any

import httpx
import orjson
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from mcm_api.app import create_app
from mcm_api.settings import ApiSettings
from mcm_enricher import EnricherSettings
from mcm_rules_engine.sources import Transport, normalise
from mcm_shared.contracts.topics import SOURCE_HEADER, WEBHOOK_EVENT_HEADER, Topics
from mcm_shared.errors import ConfigurationError
from mcm_shared.kafka.read_topic import read_topic
from mcm_shared.kafka.records import Record, header
from mcm_shared.kafka.topics_admin import ensure_topics
from mcm_shared.settings import DatabaseSettings, KafkaSettings, load_settings

SECRET = "a-secret-of-the-test"
JSON = {"content-type": "application/json"}
PULL = {"action": "closed", "pull_request": {"number": 7, "merged": True, "merged_at": "2026-11-20T12:00:00Z"}}
ENTRY = {"uuid": "u-1", "published": "2026-11-20T12:00:00Z", "eventType": "user.session.start"}
HOOK = {"eventType": "com.okta.event_hook", "data": {"events": [ENTRY, {**ENTRY, "uuid": "u-2"}]}}


@pytest.fixture
def stored_in(sqlite_url: str) -> str:
    """Which database there is makes no difference here."""
    return sqlite_url


@pytest.fixture
async def app(kafka: KafkaSettings, stored_in: str) -> FastAPI:
    """The API with Kafka and the secrets of webhooks."""
    await ensure_topics(kafka)
    settings = ApiSettings(
        MCM_WEBHOOK_GITHUB_SECRET=SecretStr(SECRET),
        MCM_WEBHOOK_OKTA_SECRET=SecretStr(SECRET),
        MCM_WEBHOOK_SECRETS=SecretStr(f"crm={SECRET},erp={SECRET}"),
        MCM_WEBHOOK_SOURCES="erp=billing,erp=sales",
    )
    return create_app(settings, DatabaseSettings(DATABASE_URL=SecretStr(stored_in)), kafka, EnricherSettings())


@pytest.fixture
def records(kafka: KafkaSettings) -> Any:
    """Reads what has been written to ``events.raw``."""

    async def read() -> list[Record]:
        return [record async for record in read_topic(kafka, Topics(kafka.topic_prefix).raw)]

    return read


def signed(body: bytes, name: str = "x-hub-signature-256") -> dict[str, str]:
    """Signs a body with HMAC-SHA256."""
    return {**JSON, name: "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}


def standard(body: bytes, *, age_s: int = 0, message_id: str = "msg-1") -> dict[str, str]:
    """Signs a body after Standard Webhooks."""
    at = str(int(time.time()) - age_s)
    digest = hmac.new(SECRET.encode(), f"{message_id}.{at}.".encode() + body, hashlib.sha256).digest()
    signature = "v1,bm90IHRoaXMgb25l v1," + base64.b64encode(digest).decode()
    return {**JSON, "webhook-id": message_id, "webhook-timestamp": at, "webhook-signature": signature}


async def test_a_delivery_of_github_is_one_event_each_time(client: httpx.AsyncClient, records: Any) -> None:
    body = orjson.dumps(PULL)
    headers = {**signed(body), "x-github-event": "pull_request", "x-github-delivery": "d-1"}
    answers = [await client.post("/webhooks/github", content=body, headers=headers) for _ in range(2)]
    assert [(answer.status_code, answer.json()) for answer in answers] == [(202, {"accepted": 1})] * 2
    found = await records()
    assert {(header(each, SOURCE_HEADER), header(each, WEBHOOK_EVENT_HEADER)) for each in found} == {
        ("github.webhook", "pull_request")
    }
    events = [
        normalise(orjson.loads(each.value), "github.webhook", "x", Transport("pull_request", None)) for each in found
    ]
    assert {(event.id, event.event_type) for event in events} == {("d-1", "pull_request_merged")}
    assert len({event.uid for event in events}) == 1


async def test_a_ping_of_github_is_answered_and_is_no_event(client: httpx.AsyncClient, records: Any) -> None:
    body = b'{"zen": "Keep it logically awesome."}'
    answer = await client.post("/webhooks/github", content=body, headers={**signed(body), "x-github-event": "ping"})
    assert (answer.status_code, answer.json()) == (202, {"accepted": 0})
    assert await records() == []


async def test_an_event_hook_of_okta_is_verified_and_delivers_entries(client: httpx.AsyncClient, records: Any) -> None:
    challenge = {"authorization": SECRET, "x-okta-verification-challenge": "c-1"}
    assert (await client.get("/webhooks/okta", headers=challenge)).json() == {"verification": "c-1"}
    answer = await client.post("/webhooks/okta", content=orjson.dumps(HOOK), headers={**JSON, "authorization": SECRET})
    assert (answer.status_code, answer.json()) == (202, {"accepted": 2})
    found = await records()
    assert sorted(orjson.loads(each.value)["uuid"] for each in found) == ["u-1", "u-2"]
    assert {header(each, SOURCE_HEADER) for each in found} == {"okta.system"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"type": "deal.closed", "timestamp": "2026-11-20T12:00:00Z", "data": {"amount": 5}, "user": "mona"},
            {"id": "msg-1", "event_type": "deal.closed", "user": "mona", "raw_data": {"amount": 5}},
        ),
        (
            {"event_type": "login_failed", "timestamp": "2026-11-20T12:00:00Z", "id": "evt-1"},
            {"id": "evt-1", "event_type": "login_failed"},
        ),
        ({"time": "2026-11-20T12:00:00Z", "what": 5}, {"event_type": "crm.received", "raw_data": {
            "time": "2026-11-20T12:00:00Z", "what": 5}}),
    ],
)  # fmt: skip
async def test_any_other_webhook_becomes_a_canonical_event(
    client: httpx.AsyncClient, records: Any, body: Any, expected: dict[str, Any]
) -> None:
    content = orjson.dumps(body)
    answer = await client.post("/webhooks/generic/crm", content=content, headers=standard(content))
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1})
    (record,) = await records()
    event = orjson.loads(record.value)
    assert event.items() >= {"source": "crm", **expected}.items()
    assert normalise(event, None, "x").timestamp.isoformat() == "2026-11-20T12:00:00+00:00"


async def test_a_plain_hmac_signs_an_array_too(client: httpx.AsyncClient, records: Any) -> None:
    body = orjson.dumps([{"type": "a"}, {"type": "b"}])
    answer = await client.post("/webhooks/generic/crm", content=body, headers=signed(body, "x-signature-256"))
    assert answer.json() == {"accepted": 2}
    assert len({orjson.loads(record.value)["id"] for record in await records()}) == 2


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/webhooks/github", JSON),
        ("/webhooks/github", signed(b"another body")),
        ("/webhooks/okta", JSON),
        ("/webhooks/okta", {**JSON, "authorization": "wrong"}),
        ("/webhooks/generic/crm", JSON),
        ("/webhooks/generic/crm", signed(b"another body", "x-signature-256")),
        ("/webhooks/generic/crm", standard(b"{}", age_s=3600)),
        ("/webhooks/generic/crm", standard(b"another body")),
        ("/webhooks/generic/crm", {**standard(b"{}"), "webhook-timestamp": "now"}),
    ],
)
async def test_a_delivery_without_a_right_signature_is_refused(
    client: httpx.AsyncClient, records: Any, path: str, headers: dict[str, str]
) -> None:
    answer = await client.post(path, content=b"{}", headers=headers)
    assert answer.status_code == 401
    assert await records() == []


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"[]", 422), (b"5", 422), (b"{", 422), (b'{"event_type": "a b"}', 422), (b"x" * (2**20 + 1), 413)],
)
async def test_what_is_no_delivery_is_refused(client: httpx.AsyncClient, body: bytes, status: int) -> None:
    answer = await client.post("/webhooks/generic/crm", content=body, headers=signed(body, "x-signature-256"))
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("name", "sources", "status"),
    [
        ("crm", ["crm"], 202),
        ("crm", ["crm", "billing"], 403),
        ("crm", ["CRM"], 403),
        ("erp", ["erp", "billing", "sales"], 202),
        ("erp", ["crm"], 403),
    ],
)
async def test_a_generic_webhook_pushes_its_own_sources_only(
    client: httpx.AsyncClient, records: Any, name: str, sources: list[str], status: int
) -> None:
    event = {"event_type": "login_failed", "timestamp": "2026-11-20T12:00:00Z"}
    body = orjson.dumps([{**event, "source": source} for source in sources])
    answer = await client.post(f"/webhooks/generic/{name}", content=body, headers=signed(body, "x-signature-256"))
    assert answer.status_code == status
    if status == 403:
        assert f"add {name}={sources[-1]} to MCM_WEBHOOK_SOURCES" in answer.json()["detail"]
    written = [orjson.loads(record.value)["source"] for record in await records()]
    assert sorted(written) == (sorted(sources) if status == 202 else [])


async def test_the_products_own_source_is_refused(client: httpx.AsyncClient) -> None:
    event = {"event_type": "source_polled", "source": "mcm.ingestor", "timestamp": "2026-11-20T12:00:00Z"}
    body = orjson.dumps(event)
    answer = await client.post("/webhooks/generic/crm", content=body, headers=signed(body, "x-signature-256"))
    assert answer.status_code == 422
    assert "kept for the product's own records" in answer.json()["detail"]


async def test_without_a_secret_there_is_no_endpoint(client: httpx.AsyncClient) -> None:
    body = b"{}"
    unknown = await client.post("/webhooks/generic/other", content=body, headers=signed(body, "x-signature-256"))
    assert unknown.status_code == 404


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("MCM_WEBHOOK_GITHUB_SECRET", "short", "at least 16 characters"),
        ("MCM_WEBHOOK_SECRETS", "crm", "name=secret"),
        ("MCM_WEBHOOK_SECRETS", "crm=short", "at least 16 characters"),
        ("MCM_WEBHOOK_SECRETS", f"C R M={SECRET}", "lower-case"),
        ("MCM_WEBHOOK_SECRETS", f"okta.system={SECRET}", "native payloads"),
        ("MCM_WEBHOOK_SECRETS", f"mcm.ingestor={SECRET}", "own records"),
        ("MCM_WEBHOOK_SOURCES", "crm=billing", "no webhook crm; give it a secret"),
        ("MCM_WEBHOOK_SOURCES", "crm", "name=source"),
        ("MCM_WEBHOOK_SOURCES", "crm=", "needs a source"),
        ("MCM_WEBHOOK_SOURCES", "crm=okta.system", "native payloads"),
    ],
)
def test_a_secret_that_protects_nothing_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError, match=f"{variable}: .*{reason}"):
        load_settings(ApiSettings)
