"""GitHub: the Events API with conditional requests, the login of a GitHub App, and links to other servers."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from mcm_ingestor.connectors.errors import SourceRefusedError, SourceUnauthorisedError
from mcm_ingestor.connectors.github_events import CONNECTOR, GithubEventsSettings, fetch_github_events
from mcm_ingestor.connectors.protocol import Page
from mcm_ingestor.connectors.registry import connector_types
from mcm_ingestor.testing.loopback import Reply, Request, serving
from mcm_shared.errors import ConfigurationError

NOW = datetime.now(UTC)


def events(*ages: int) -> list[dict[str, Any]]:
    """Builds events that are so many minutes old."""
    return [
        {"id": str(1000 - age), "created_at": (NOW - timedelta(minutes=age)).isoformat().replace("+00:00", "Z")}
        for age in ages
    ]


def settings(url: str, **said: Any) -> GithubEventsSettings:
    """Configures the events of a repository."""
    said = {"token": "t", **said}
    return GithubEventsSettings(connector="github.events", api_url=url, repository="example/payments", **said)


async def pages_of(url: str, position: dict[str, Any]) -> list[Page]:
    """Reads all pages after a position."""
    async with CONNECTOR.open(settings(url)) as connector:
        return [page async for page in connector.pages(position)]


async def test_events_are_fetched_back_to_a_time_oldest_first_over_all_pages() -> None:
    def respond(request: Request) -> Reply:
        number = int(request.query.get("page", 1))
        listed = events(1, 2) if number == 1 else events(3, 40) if number == 2 else events(50)
        link = f'<http://{request.headers["host"]}{request.path}?page={number + 1}>; rel="next"'
        return Reply(listed, headers={"link": link})

    with serving(respond) as url:
        found = await fetch_github_events(NOW - timedelta(minutes=10), settings(url))
    assert [each["id"] for each in found] == ["997", "998", "999"]


async def test_an_event_that_github_lists_late_is_read_and_a_list_without_an_end_ends() -> None:
    listed = [events(1)]

    def respond(request: Request) -> Reply:
        return Reply(listed[-1], headers={"link": f'<http://{request.headers["host"]}{request.path}>; rel="next"'})

    with serving(respond) as url:
        (first,) = await pages_of(url, {"since": (NOW - timedelta(hours=1)).isoformat()})
        listed.append(events(1, 40))
        (second,) = await pages_of(url, first.next_position)
    assert {json.loads(each.payload)["id"] for each in first.records} == {"999"}
    assert {json.loads(each.payload)["id"] for each in second.records} == {"999", "960"}


async def test_an_unchanged_list_is_not_sent_again_and_the_interval_of_github_counts() -> None:
    asked: list[str | None] = []

    def respond(request: Request) -> Reply:
        asked.append(request.headers.get("if-none-match"))
        unchanged = asked[-1] == 'W/"1"'
        return Reply(events(1), status=304 if unchanged else 200, headers={"etag": 'W/"1"', "x-poll-interval": "90"})

    with serving(respond) as url:
        async with CONNECTOR.open(settings(url)) as connector:
            (first,) = [page async for page in connector.pages(connector.start(NOW - timedelta(hours=1), None))]
            (second,) = [page async for page in connector.pages(first.next_position)]
            assert connector.pause_s == 90
    assert asked == [None, 'W/"1"']
    assert (len(first.records), len(second.records)) == (1, 0)
    assert second.next_position["etag"] == 'W/"1"'
    assert second.complete_until is not None


async def test_a_github_app_logs_in_with_its_key_and_renews_a_refused_token() -> None:
    key = RSAKey.generate_key(2048)
    issued: list[str] = []

    def respond(request: Request) -> Reply:
        if request.path == "/app/installations/42/access_tokens":
            claims = jwt.decode(request.headers["authorization"].removeprefix("Bearer "), key).claims
            issued.append(claims["iss"])
            return Reply({"token": f"installation-{len(issued)}"}, status=201)
        fresh = request.headers["authorization"] == "Bearer installation-2"
        return Reply(events(1)) if fresh else Reply({"message": "Bad credentials"}, status=401)

    pem = key.as_pem(private=True).decode()
    with serving(respond) as url:
        app = settings(url, token=None, app_id="7", installation_id="42", private_key=pem)
        found = await fetch_github_events(NOW - timedelta(hours=1), app)
    assert (len(found), issued) == (1, ["7", "7"])


async def test_a_key_that_is_none_is_refused_without_showing_it() -> None:
    with serving(lambda _: Reply([])) as url:
        app = settings(url, token=None, app_id="7", installation_id="42", private_key="no key")
        with pytest.raises(SourceUnauthorisedError, match="private_key is no RSA key in PEM"):
            await fetch_github_events(NOW, app)


async def test_a_link_to_another_server_gets_no_credential() -> None:
    def respond(_request: Request) -> Reply:
        return Reply(events(1), headers={"link": '<http://other.example.com/events>; rel="next"'})

    with serving(respond) as url, pytest.raises(SourceRefusedError, match=r"to another server, other\.example\.com"):
        await fetch_github_events(NOW - timedelta(hours=1), settings(url))


async def test_a_cursor_that_has_expired_is_begun_anew_from_its_time() -> None:
    def respond(request: Request) -> Reply:
        if "after" in request.query:
            return Reply({"message": "invalid cursor"}, status=400)
        return Reply([{"_document_id": "d-1"}])

    with serving(respond) as url:
        connector_type = connector_types()["github.audit"]
        configured = connector_type.settings.model_validate(
            {"connector": "github.audit", "api_url": url, "token": "t", "organization": "example"}
        )
        async with connector_type.open(configured) as connector:
            begun = {"since": "2026-11-20T12:00:00+00:00", "asked_at": "2026-11-20T12:10:00+00:00"}
            position = {**begun, "next": f"{url}/orgs/example/audit-log?after=1"}
            (page,) = [each async for each in connector.pages(position)]
    assert [json.loads(each.payload) for each in page.records] == [{"_document_id": "d-1"}]
    # however late the interrupted poll ends, the next one overlaps it from its first page
    assert page.next_position == {"since": "2026-11-20T12:05:00+00:00"}


async def test_without_settings_those_of_the_file_of_sources_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(lambda request: Reply(events(1) if request.path == "/orgs/example/events" else [])) as url:
        path = tmp_path / "sources.yml"
        path.write_text(
            f"sources: {{g: {{connector: github.events, api_url: '{url}', organization: example, token: '${{T}}'}}}}"
        )
        monkeypatch.setenv("MCM_SOURCES_PATH", str(path))
        monkeypatch.setenv("T", "t")
        assert [each["id"] for each in await fetch_github_events(NOW - timedelta(hours=1))] == ["999"]
        path.write_text("sources: {g: {connector: github.audit, organization: example, token: '${T}'}}")
        with pytest.raises(ConfigurationError, match=r"no source with the connector github\.events"):
            await fetch_github_events(NOW)
