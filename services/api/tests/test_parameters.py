"""Parameters that only look valid: NUL characters, Python's spellings of integers, times without an offset."""

import httpx
import pytest

from mcm_shared.testing.builders import NOON
from mcm_shared.testing.rows import Rows


@pytest.mark.parametrize(
    "path",
    ["/users/%00", "/rules/%00", "/rules/a%00b", "/events/%00", "/findings/%00", "/nope%00", "/%00", "/app/%00.js",
     "/docs/assets/%00", "/dead-letters/0/%00/replay", "/enrichments/%00"],
)  # fmt: skip
async def test_a_nul_in_a_path_is_refused(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)

    assert response.status_code == 404
    assert "NUL" in response.json()["detail"]


@pytest.mark.parametrize("path", ["/findings?q=%00", "/users?q=a%00", "/events?user=%00", "/events?before=%00"])
async def test_a_nul_in_a_query_is_refused(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)

    assert response.status_code == 422
    assert "NUL" in response.json()["detail"]


@pytest.mark.parametrize("value", ["1_0", "%2B1", "%201", "1%20", "1.0", "1e1", "0x1", "%D9%A1", ""])
@pytest.mark.parametrize("path", ["/findings?page=", "/findings?risk_min=", "/events?limit=", "/users?limit="])
async def test_only_decimal_digits_are_an_integer(client: httpx.AsyncClient, path: str, value: str) -> None:
    response = await client.get(path + value)

    assert response.status_code == 422
    assert response.json()["errors"][0]["parameter"] == path.partition("?")[2].removesuffix("=")


@pytest.mark.parametrize("path", ["/findings/1_0", "/events/%2B1", "/findings/%201/events"])
async def test_only_decimal_digits_are_an_id(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 422


@pytest.mark.parametrize("name", ["from_timestamp", "to_timestamp"])
async def test_a_time_without_an_offset_is_in_utc(client: httpx.AsyncClient, rows: Rows, name: str) -> None:
    await rows.finding(first_seen=NOON)

    for text in ("2026-11-20T12:00:00", "2026-11-20T12:00:00.000001", "2026-11-20T11:59:59"):
        plain = await client.get("/findings", params={name: text})
        in_utc = await client.get("/findings", params={name: f"{text}Z"})
        assert plain.json()["total"] == in_utc.json()["total"]
    assert (await client.get("/findings", params={"from_timestamp": "2026-11-20T12:00:00"})).json()["total"] == 1
    assert (await client.get("/findings", params={"to_timestamp": "2026-11-20T12:00:00"})).json()["total"] == 0
