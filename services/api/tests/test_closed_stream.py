"""The live stream of a closed API over a real Kafka: within the sources of an identity, as long as it lasts."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import httpx

from mcm_api.access.secret_values import hash_of, new_secret
from mcm_api.access.store.sessions import insert_session
from mcm_api.access.store.users import StoredUser, end_sessions, insert_user, new_user
from mcm_api.testing.announced import publish
from mcm_api.testing.stream_client import listening
from mcm_shared.db.engine import AsyncEngine, transaction
from mcm_shared.kafka.topics_admin import ensure_topics
from mcm_shared.settings import KafkaSettings
from mcm_shared.testing.builders import a_finding
from tests.services import Service, url_of

RunService = Callable[..., Service]


async def a_session(engine: AsyncEngine, user: StoredUser) -> dict[str, str]:
    secret = new_secret()
    async with transaction(engine) as connection:
        await insert_user(connection, user)
        await insert_session(
            connection, user.id, hash_of(secret), datetime.now(UTC), address="127.0.0.1", user_agent="test"
        )
    return {"Cookie": f"mcm_session={secret}"}


async def test_a_restricted_stream_holds_its_sources_alone_and_ends_with_its_session(
    run_service: RunService, kafka: KafkaSettings, database_url: str, engine: AsyncEngine
) -> None:
    await ensure_topics(kafka)
    # each stream comes from another client behind the proxy, and one is allowed to each
    limits = {"MCM_TRUSTED_PROXIES": "127.0.0.1", "MCM_API_MAX_STREAMS_PER_ADDRESS": "1"}
    api = run_service("mcm-api", "run", MCM_API_PORT="0", MCM_AUTH="on", **limits)
    await asyncio.to_thread(api.wait_for_log, "following the findings", 90)
    url = await asyncio.to_thread(url_of, api)
    everything = new_user("all@example.com", "viewer")
    own = new_user("own@example.com", "viewer", sources=["test-app"])
    other = new_user("other@example.com", "viewer", sources=["another-app"])
    cookies = [
        {**await a_session(engine, user), "X-Forwarded-For": f"2001:db8:{number}::1"}
        for number, user in enumerate((everything, own, other))
    ]
    finding = a_finding(event_id=None)

    async with httpx.AsyncClient(base_url=url) as anonymous:
        refused = await anonymous.get("/stream")
    async with (
        listening(url, headers=cookies[0]) as all_frames,
        listening(url, headers=cookies[1]) as own_frames,
        listening(url, headers=cookies[2]) as other_frames,
    ):
        for heard in (all_frames, own_frames, other_frames):
            await heard.hears("heartbeat")
        async with httpx.AsyncClient(base_url=url) as again:
            one_too_many = await again.get("/stream", headers={**cookies[0], "X-Forwarded-For": "2001:db8:0::2"})
        await publish(database_url, kafka, [finding])
        await all_frames.hears("finding")
        await own_frames.hears("finding")
        # a heartbeat that is sent later comes after what was sent before it
        await other_frames.hears("heartbeat", len(other_frames.of("heartbeat")) + 2)
        async with transaction(engine) as connection:
            await end_sessions(connection, own.id)
        await own_frames.until_the_end()
        still_open = not all_frames.ended

    assert (refused.status_code, one_too_many.status_code) == (401, 503)
    assert [heard.uids() for heard in (all_frames, own_frames, other_frames)] == [
        [str(finding.uid)],
        [str(finding.uid)],
        [],
    ]
    assert still_open
