"""Rate limits of an identity, and the end of responses whose session or token has ended."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from mcm_api.access.limits import RateLimiter, RateLimits
from mcm_api.access.middleware import AccessControl, AccessPolicy
from mcm_api.http.problems import ProblemError
from mcm_api.http.state import part_of

from .access_helpers import People, closed_app, id_of
from .secret_sweep import running


async def test_requests_beyond_the_rate_are_refused_for_that_identity_only(sqlite_url: str, tmp_path: Path) -> None:
    app = closed_app(sqlite_url, tmp_path, MCM_API_REQUESTS_PER_S="0.001")
    limiter = RateLimiter(
        RateLimits(requests_per_s=0.001, request_burst=3, streams=1, exports=1, new_sources_per_day=2)
    )
    async with running(app):
        for _ in range(3):
            limiter.count_request("mona")
        with pytest.raises(ProblemError) as refused:
            limiter.count_request("mona")
        limiter.count_request("lee")
        assert (refused.value.status, "Retry-After" in (refused.value.headers or {})) == (429, True)
    with limiter.hold_stream("mona"), pytest.raises(ProblemError), limiter.hold_stream("mona"):
        pytest.fail("a second stream is open")
    with limiter.hold_export("mona"):
        pass
    limiter.count_sources("mona", {"a", "b"})
    limiter.count_sources("lee", {"a", "b"})
    with pytest.raises(ProblemError):
        limiter.count_sources("mona", {"c"})


@pytest.mark.parametrize(
    ("limits", "request_of"),
    [
        ({"requests_per_s": 0.001, "request_burst": 1}, ("GET", "/rules")),
        ({"bytes_in_flight": 100}, ("POST", "/findings/actions")),
        ({"streams": 0}, ("GET", "/stream")),
        ({"exports": 0}, ("GET", "/findings?format=csv")),
        ({"exports": 0}, ("GET", "/audit?format=ndjson")),
    ],
)
async def test_each_limit_holds_over_http_and_for_one_identity(
    limits: dict[str, Any], request_of: tuple[str, str], sqlite_url: str, tmp_path: Path
) -> None:
    app = closed_app(sqlite_url, tmp_path)
    people = People(app)
    content = b" " * 200 if request_of[0] == "POST" else None

    async with running(app) as client:
        token, other = [await people.token(await people.user("admin", email)) for email in ("a@b", "c@d")]
        part_of(app, RateLimiter).limits = RateLimits(**limits)
        answers = [await client.request(*request_of, headers=token, content=content) for _ in range(2)]
        elsewhere = await client.get("/rules", headers=other)

    assert (answers[-1].status_code, "retry-after" in answers[-1].headers) == (429, True)
    assert elsewhere.status_code == 200


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("/access/tokens/{token}", None),
        ("/access/users/{user}", {"disabled": True}),
        ("/access/users/{user}", {"role": "viewer"}),
        ("/access/users/{user}", {"sources": ["a"]}),
        ("/access/users/{user}", {"period_to": "2026-11-20T00:00:00Z"}),
    ],
)
async def test_a_response_ends_when_its_token_does_or_permits_less(
    path: str, change: dict[str, Any] | None, sqlite_url: str, tmp_path: Path
) -> None:
    app = closed_app(sqlite_url, tmp_path)
    people = People(app)

    started = asyncio.Event()
    sent: list[dict[str, Any]] = []

    async def endless(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        started.set()
        await asyncio.Event().wait()

    async with running(app) as client:
        user = await people.user("admin")
        token = await people.token(user)
        access = people.access
        policy = AccessPolicy(
            required=True,
            authenticator=access.authenticator,
            cookies=access.cookies,
            limiter=RateLimiter(RateLimits()),
            recheck_s=0.05,
        )

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        scope = {
            "type": "http", "method": "GET", "path": "/stream", "raw_path": b"/stream", "query_string": b"",
            "headers": [(b"authorization", token["Authorization"].encode())], "state": {"request_id": "r"},
        }  # fmt: skip
        stream = asyncio.create_task(AccessControl(endless, policy)(scope, None, send))  # type: ignore[arg-type]
        await started.wait()
        session = await people.session(await people.user("admin", "other@example.com"))
        url = path.format(token=id_of(token), user=user.id)
        changed = await client.request("PATCH" if change else "DELETE", url, json=change, headers=session)
        assert changed.is_success, changed.text
        async with asyncio.timeout(20):
            await stream

    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert sent[-1]["more_body"] is False
