"""The whole API against its OpenAPI document: generated requests meet no server error and no undocumented response."""

import contextlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from http.client import NOT_FOUND
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import GenerationConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import insert

from mcm_shared.contracts.notifications import NotificationChannel, NotificationRoute, NotifierConfig
from mcm_shared.db.engine import create_engine, transaction
from mcm_shared.db.notification_tables import CHANNEL_TESTS, NOTIFICATION_MESSAGES
from mcm_shared.db.notifications import write_notifier_config
from mcm_shared.db.source_tables import SOURCE_POSITIONS
from mcm_shared.db.view_tables import SAVED_VIEWS
from mcm_shared.kafka.topics_admin import ensure_topics
from mcm_shared.settings import DatabaseSettings, KafkaSettings
from mcm_shared.testing.builders import NOON
from mcm_shared.testing.rows import Rows
from tests.services import Service, url_of

from .exception_helpers import DAY, FROM_MONA, exception

DOCUMENT: Final = Path(__file__).parents[3] / "frontend" / "openapi.json"
CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EMAIL: Final = "admin@example.com"
PASSWORD: Final = "seven green lamps hum"
MUST_MEET: Final = {
    "GET /views/{view_id}",
    "PUT /views/{view_id}",
    "GET /exceptions/{number}",
    "POST /exceptions/{number}/actions",
    "POST /notifications/messages/{message_id}/retry",
    "POST /notifications/channels/{channel}/test",
    "GET /notifications/tests/{test_id}",
    "GET /sources/{name}",
    "GET /users/{user}",
    "GET /findings/{finding_id}",
}
"""Operations of which at least one request must find what it asks for."""

_TIMEOUT_S: Final = 30

RunService = Callable[..., Service]
AnyCase = Case[Any]
Send = Callable[[AnyCase], requests.Response]


STORED: Final[dict[str, Any]] = {
    "event_id": 1,
    "finding_id": 1,
    "view_id": "00000000-0000-4000-8000-000000000001",
    "number": 1,
    "message_id": "00000000-0000-4000-8000-000000000002",
    "test_id": "00000000-0000-4000-8000-000000000003",
    "channel": "hook",
    "name": "test-app",
    "user": "mona@example.com",
}
"""Parameters of paths that name what is stored."""


@pytest.fixture
async def stored(database_url: str, kafka: KafkaSettings) -> None:
    """One of each kind, and the topics, so that some requests find what they ask for."""
    await ensure_topics(kafka)
    engine = create_engine(DatabaseSettings.model_validate({"DATABASE_URL": database_url}))
    rows = Rows(engine)
    await rows.event()
    await rows.finding()
    await exception(rows, FROM_MONA, NOON, NOON + DAY)
    config = NotifierConfig(
        channels=[NotificationChannel(name="hook", type="webhook")],
        routes=[NotificationRoute(name="all", channel="hook", filter={}, when="immediately", max_per_hour=20)],
        reminders=["hook"],
    )
    times = {"created_at": NOON, "due_at": NOON, "give_up_at": NOON}
    message = {"id": UUID(STORED["message_id"]), "route": "all", "channel": "hook", "kind": "findings"}
    view = {"id": UUID(STORED["view_id"]), "owner": "local", "owner_name": "local", "name": "All", "filter": {}}
    order = {"sort": "first_seen", "order": "desc", "created_at": NOON, "changed_at": NOON}
    position = {"source": "okta", "lane": "live", "connector": "okta.system", "feeds": ["test-app"], "position": {}}
    async with transaction(engine) as connection:
        await write_notifier_config(connection, config, datetime.now(UTC))
        await connection.execute(insert(NOTIFICATION_MESSAGES).values(**message, **times, state="failed"))
        test = {"id": UUID(STORED["test_id"]), "channel": "hook", "requested_at": NOON}
        await connection.execute(insert(CHANNEL_TESTS).values(test))
        await connection.execute(insert(SAVED_VIEWS).values(**view, **order))
        await connection.execute(insert(SOURCE_POSITIONS).values(**position, interval_s=60.0, polled_at=NOON))
    await engine.dispose()


def operations() -> Iterator[APIOperation[Any, Any, Any, Any]]:
    """All operations of the document that the dashboard's client is made from."""
    schema = schemathesis.openapi.from_dict(json.loads(DOCUMENT.read_text()))
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        yield found.ok()


def cases_of(operation: APIOperation[Any, Any, Any, Any], systematic: int, generated: int) -> Iterator[AnyCase]:
    """Makes requests of one operation, the same in every run: valid and invalid, systematic and generated."""
    modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
    found = operation.schema.iter_coverage_cases(
        operation, generation_modes=modes, generation_config=GenerationConfig(modes=modes)
    )
    chosen = [case for case in found if case.method == operation.method.upper()]
    yield from chosen[:: max(1, len(chosen) // systematic)]
    for mode in modes:
        yield from generate(operation, mode, generated)
    named = [parameter.name for parameter in operation.path_parameters if parameter.name in STORED]
    for case in generate(operation, GenerationMode.POSITIVE, 1) if named else ():
        case.path_parameters = {**(case.path_parameters or {}), **{name: STORED[name] for name in named}}
        yield case


def generate(operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode, number: int) -> list[AnyCase]:
    """Generates requests of one operation from its schema."""
    cases: list[AnyCase] = []

    @settings(
        max_examples=number,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def collect(case: AnyCase) -> None:
        cases.append(case)

    # an operation without parameters has no wrong ones
    with contextlib.suppress(Unsatisfiable):
        collect()
    return cases


def failures(send: Send, systematic: int, generated: int) -> list[str]:
    """Sends all requests and describes the responses that the document does not promise."""
    found = []
    met = set()
    for operation in operations():
        for case in cases_of(operation, systematic, generated):
            response = send(case)
            if response.status_code != NOT_FOUND:
                met.add(operation.label)
            # the stream goes on: its beginning is what can be checked
            checks = CHECKS[:3] if operation.path == "/stream" else CHECKS
            try:
                case.validate_response(response, checks=checks)
            except (AssertionError, FailureGroup) as error:
                request = case.as_curl_command()[:800]
                found.append(f"{operation.label}: {response.status_code} {describe(error)}: {request}")
            response.close()
    found += [f"{label}: every request met 404" for label in sorted(MUST_MEET - met)]
    return found


def describe(error: AssertionError | FailureGroup) -> str:
    """Names what a response lacks."""
    causes = error.exceptions if isinstance(error, FailureGroup) else (error,)
    return "; ".join(str(cause)[:500] for cause in causes)


def send_by(session: requests.Session, url: str, case: AnyCase) -> requests.Response:
    """Sends a request; ends the response of the stream after its headers."""
    arguments = {**case.as_transport_kwargs(base_url=url), "timeout": _TIMEOUT_S}
    if case.path != "/stream":
        return session.request(**arguments)
    response = session.request(**arguments, stream=True)
    response.close()
    response._content = b""
    return response


def test_every_response_to_an_administrator_is_documented(
    stored: None, run_service: RunService, tmp_path: Path
) -> None:
    password = tmp_path / "password"
    password.write_text(PASSWORD)
    password.chmod(0o600)
    bootstrap = {"MCM_BOOTSTRAP_EMAIL": EMAIL, "MCM_BOOTSTRAP_PASSWORD_FILE": str(password)}
    api = run_service("mcm-api", "run", MCM_API_PORT="0", MCM_AUTH="on", **bootstrap)
    url = url_of(api)
    session = requests.Session()

    def log_in() -> None:
        session.cookies.clear()
        response = session.post(f"{url}/login", json={"email": EMAIL, "password": PASSWORD}, timeout=_TIMEOUT_S)
        assert response.status_code == 204, response.text

    def send(case: AnyCase) -> requests.Response:
        if "mcm_session" not in session.cookies:
            log_in()
        return send_by(session, url, case)

    assert "\n".join(failures(send, 4, 1)) == ""
    assert api.running


def test_every_response_without_a_login_is_documented(stored: None, run_service: RunService) -> None:
    api = run_service("mcm-api", "run", MCM_API_PORT="0", MCM_AUTH="off")
    with requests.Session() as session:
        assert "\n".join(failures(partial(send_by, session, url_of(api)), 2, 1)) == ""
    assert api.running
