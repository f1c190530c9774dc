"""Metrics served to Prometheus."""

import httpx

from mcm_shared.testing.rows import Rows


async def test_requests_are_counted_by_route_template_and_never_by_what_people_wrote(
    client: httpx.AsyncClient, rows: Rows
) -> None:
    finding_id = await rows.finding(user="mona@example.com")
    await client.get(f"/findings/{finding_id}")
    await client.get("/findings?user=mona@example.com")
    await client.get("/somewhere/secret")
    await client.request("BREW", "/health")

    text = (await client.get("/metrics")).text

    assert 'mcm_http_requests_total{method="GET",route="/findings/{finding_id}",status="200"}' in text
    assert 'mcm_http_requests_total{method="GET",route="unmatched",status="404"}' in text
    assert 'mcm_http_requests_total{method="other",route="/health",status="405"}' in text
    assert 'mcm_http_request_seconds_bucket{le="0.005",method="GET",route="/findings"}' in text
    assert "mona@" not in text
    assert "secret" not in text
    assert "BREW" not in text
