"""Every error is a problem; every answer has a request id and the security headers."""

import httpx
import pytest
from sqlalchemy import update

from mcm_shared.db.engine import transaction
from mcm_shared.db.tables import FINDINGS
from mcm_shared.testing.rows import Rows


@pytest.mark.parametrize(
    ("method", "path", "status", "title"),
    [
        ("GET", "/nope", 404, "Not Found"),
        ("GET", "/findings/", 404, "Not Found"),
        ("DELETE", "/findings", 405, "Method Not Allowed"),
        ("GET", "/findings/x", 422, "Unprocessable Entity"),
        ("GET", "/health?verbose=1", 422, "Unprocessable Entity"),
        ("POST", "/events", 503, "Service Unavailable"),
    ],
)
async def test_an_error_is_a_problem_with_the_id_of_its_request(
    client: httpx.AsyncClient, method: str, path: str, status: int, title: str
) -> None:
    answer = await client.request(method, path)

    problem = answer.json()
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert (problem["type"], problem["status"], problem["title"]) == ("about:blank", status, title)
    assert problem["detail"]
    assert problem["request_id"] == answer.headers["x-request-id"]


async def test_a_wrong_method_says_which_are_right(client: httpx.AsyncClient) -> None:
    answer = await client.put("/findings/1/enrich_with_ai")

    assert answer.headers["allow"] == "POST"
    assert "POST" in answer.json()["detail"]


async def test_what_nobody_foresaw_is_a_problem_that_gives_nothing_away(
    client: httpx.AsyncClient, rows: Rows, capsys: pytest.CaptureFixture[str]
) -> None:
    finding_id = await rows.finding()
    async with transaction(rows.engine) as connection:
        await connection.execute(update(FINDINGS).values(group_key="secret, and not JSON"))

    answer = await client.get(f"/findings/{finding_id}")

    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "secret" not in answer.text
    assert "JSONDecodeError" not in answer.text
    assert answer.json()["request_id"] in capsys.readouterr().out


async def test_a_request_keeps_its_own_id(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nope", headers={"X-Request-ID": "trace-1.A_b"})

    assert answer.headers["x-request-id"] == answer.json()["request_id"] == "trace-1.A_b"


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "é", '"', "a\tb"])
async def test_an_id_that_could_do_harm_in_a_log_is_replaced(client: httpx.AsyncClient, given: str) -> None:
    answer = await client.get("/health", headers={b"X-Request-ID": given.encode()})

    assert answer.headers["x-request-id"] != given
    assert len(answer.headers["x-request-id"]) == 32


@pytest.mark.parametrize("path", ["/health", "/nope", "/docs", "/", "/events", "/openapi.json", "/metrics"])
async def test_every_answer_has_the_security_headers(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "access-control-allow-origin" not in headers


async def test_a_mistyped_parameter_is_named_with_the_one_meant(client: httpx.AsyncClient) -> None:
    answer = await client.get("/findings?pagesize=5&foo=1")

    problem = answer.json()
    assert answer.status_code == 422
    assert "did you mean 'page_size'?" in problem["detail"]
    assert "severity" in problem["detail"]
    assert [error["parameter"] for error in problem["errors"]] == ["pagesize", "foo"]


async def test_a_parameter_given_twice_is_refused_where_one_is_meant(client: httpx.AsyncClient) -> None:
    answer = await client.get("/findings?user=a&user=b")

    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"parameter": "user", "reason": "user is given 2 times; give it once"}]


@pytest.mark.parametrize("path", ["/users/a%00b", "/rules/%00", "/findings/%00", "/app/%00", "/app/assets/%00", "/%00"])
async def test_a_nul_in_a_path_names_nothing(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)

    assert response.status_code == 404
    assert "NUL" in response.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/events", "GET, HEAD, POST"),
        ("PATCH", "/health", "GET, HEAD"),
        ("GET", "/findings/1/feedback", "PUT"),
        ("POST", "/enrichments/0f8fad5b-d9cb-469f-a165-70867728950e", "DELETE, GET, HEAD"),
    ],
)
async def test_a_method_that_is_not_served_is_answered_with_all_that_are(
    client: httpx.AsyncClient, method: str, path: str, allowed: str
) -> None:
    response = await client.request(method, path)

    assert response.status_code == 405
    assert response.headers["Allow"] == allowed
    assert allowed in response.json()["detail"]
