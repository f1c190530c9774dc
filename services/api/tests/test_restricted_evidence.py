"""A finding that begins in one source and goes on in another: who may read one of them reads nothing of the other."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from mcm_api.database import DatabaseReader
from mcm_api.identity.restriction import Restriction
from mcm_api.live.broadcaster import Broadcaster
from mcm_api.live.frames import FrameFilter, finding_frame
from mcm_api.live.replay import stream_frames
from mcm_api.live.stream_config import StreamConfig
from mcm_shared.contracts.triage import TriagedFinding
from mcm_shared.db.engine import create_engine
from mcm_shared.settings import DatabaseSettings, KafkaSettings
from mcm_shared.testing.builders import a_finding
from mcm_shared.testing.rows import Rows

from .access_helpers import People, closed_app

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
SECRET = "of-b-only"
PLACE = ("findings", 0)


@pytest.fixture
def app(stored_in: str, tmp_path: Path) -> FastAPI:
    return closed_app(stored_in, tmp_path)


def evidence(source: str, at: datetime, **more: Any) -> dict[str, Any]:
    return {
        "event_uid": "00000000-0000-4000-8000-000000000001",
        "at": at.isoformat(),
        "source": source,
        "event_type": "login_failed" if source == "a" else SECRET,
        "user": "mona@example.com" if source == "a" else SECRET,
        "facts": {"ip": "192.0.2.7" if source == "a" else SECRET},
        "count": 3,
        **more,
    }


def across_sources(**more: Any) -> dict[str, Any]:
    ends = {"earliest": evidence("a", NOON), "latest": evidence("b", LATER, value=SECRET)}
    return {"source": "a", "first_seen": NOON, "extra_data": {"group": {}, **ends, **more}}


async def test_the_evidence_of_other_sources_and_times_is_left_out(
    app: FastAPI, client: httpx.AsyncClient, rows: Rows
) -> None:
    people = People(app)
    explained = {"ai_explanation": SECRET, "ai_data": {"factors": [SECRET]}, "ai_source": "heuristic", "risk_score": 7}
    number = await rows.finding(**across_sources(withdrawn_by=evidence("b", LATER, reason=SECRET)), **explained)
    inside = await rows.finding(source="a", first_seen=NOON, ai_explanation="of a", extra_data={"group": {}})
    credentials = {
        "all": await people.session(await people.user("analyst")),
        "source": await people.session(await people.user("analyst", "a@example.com", sources=["a"])),
        "period": await people.session(await people.user("analyst", "p@example.com", period_to=LATER)),
    }
    paths = ["/findings", f"/findings/{number}", "/findings?format=csv", "/findings?format=ndjson", "/search?q=mona"]

    answers = {
        (name, path): await client.get(path, headers=headers) for name, headers in credentials.items() for path in paths
    }

    assert {answer.status_code for answer in answers.values()} == {200}
    assert {name for (name, _), answer in answers.items() if SECRET in answer.text} == {"all"}
    found = answers["source", f"/findings/{number}"].json()
    assert found["extra_data"]["earliest"]["facts"] == {"ip": "192.0.2.7"}
    assert found["extra_data"]["latest"]["facts"] == {}
    assert found["extra_data"]["latest"]["count"] == 3
    assert (found["risk_score"], "outside of your access" in found["ai_explanation"]) == (7, True)
    assert (await client.get(f"/findings/{inside}", headers=credentials["source"])).json()["ai_explanation"] == "of a"


async def test_the_stream_leaves_it_out_too(sqlite_url: str) -> None:
    finding = TriagedFinding(**a_finding(**across_sources(), ai_explanation=SECRET).model_dump())
    broadcaster = Broadcaster(["findings"])
    broadcaster.open({PLACE: 0})
    restrictions = [Restriction(), Restriction(frozenset({"a"})), Restriction(end=LATER), Restriction(frozenset("ab"))]
    subscribers = [broadcaster.subscribe(FrameFilter(restriction=one)) for one in restrictions]

    broadcaster.publish([finding_frame(finding, PLACE, 0)], {PLACE: 1})
    read = [await subscriber.take() or b"" for subscriber in subscribers]
    engine = create_engine(DatabaseSettings(DATABASE_URL=SecretStr(sqlite_url)))
    kafka = KafkaSettings(KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1")
    stream = StreamConfig(broadcaster, kafka, DatabaseReader(engine, 1), len(restrictions), len(restrictions))
    replayed = [await anext(stream_frames(stream, FrameFilter(restriction=one), {PLACE: 0})) for one in restrictions]
    await engine.dispose()

    assert [SECRET.encode() in text for text in read] == [True, False, False, True]
    assert all(text.startswith(b"event: finding\ndata: {") and b"\nid: 1" in text for text in read)
    assert b"192.0.2.7" in read[1]
    assert replayed == read
