"""The interactive documentation works on a machine without the internet."""

import base64
import hashlib
import re

import httpx


async def test_the_page_loads_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    page = (await client.get("/docs")).text

    loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(loaded) >= 2
    assert all(url.startswith(("/docs/assets/", "data:")) for url in loaded)
    for url in loaded:
        if url.startswith("/"):
            assert (await client.get(url)).status_code == 200


async def test_the_policy_allows_the_pages_own_script_and_no_other(client: httpx.AsyncClient) -> None:
    answer = await client.get("/docs")

    (script,) = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert f"script-src 'self' 'sha256-{digest}';" in policy


async def test_the_root_leads_to_the_documentation(client: httpx.AsyncClient) -> None:
    answer = await client.get("/")

    assert answer.status_code == 307
    assert answer.headers["location"] == "/docs"
