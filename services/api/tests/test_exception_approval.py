"""Approval of exceptions: another person approves where there is one, and who may see and make them."""

from pathlib import Path

from mcm_api.http.state import part_of
from mcm_api.resources.clock import Clock
from mcm_shared.testing.builders import NOON

from .access_helpers import People, closed_app
from .exception_helpers import requested
from .secret_sweep import running


async def test_another_person_approves_where_there_is_one(sqlite_url: str, tmp_path: Path) -> None:
    app = closed_app(sqlite_url, tmp_path)
    part_of(app, Clock).now = lambda: NOON
    people = People(app)
    async with running(app) as client:
        ada = await people.user("analyst", "ada@example.com")
        by_ada, by_token = await people.session(ada), await people.token(ada)
        viewer = await people.session(await people.user("viewer"))
        limited = await people.session(await people.user("analyst", "github@example.com", sources=["github.audit"]))
        robot = await people.token(await people.user("engineer", "robot", kind="service"))
        alone = (await client.post("/exceptions", json=requested(), headers=by_ada)).json()
        bob = await people.session(await people.user("engineer", "bob@example.com"))
        made = (await client.post("/exceptions", json=requested(), headers=by_token)).json()
        from_robot = (await client.post("/exceptions", json=requested(), headers=robot)).json()
        path = f"/exceptions/{made['id']}/actions"
        refused = [
            (await client.post(path, json={"kind": "approve"}, headers=who)).status_code
            for who in (by_ada, by_token, viewer, limited, robot)
        ]
        approved = await client.post(path, json={"kind": "approve"}, headers=bob)
        by_viewer = await client.get("/exceptions", headers=viewer)
        by_limited = await client.get("/exceptions", headers=limited)

    assert (alone["state"], made["state"], from_robot["state"]) == ("active", "requested", "requested")
    assert refused == [403] * 5
    assert approved.json()["state"] == "active"
    assert approved.json()["history"][1]["actor"] == "bob@example.com"
    assert (by_viewer.status_code, by_limited.status_code) == (200, 403)
