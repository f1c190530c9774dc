"""How many exceptions there may be: every list of findings computes all that have not ended."""

import httpx
from fastapi import FastAPI

from mcm_api.exceptions.manage import MAX_UNEXPIRED
from mcm_api.http.state import part_of
from mcm_api.resources.clock import Clock
from mcm_shared.testing.builders import NOON
from mcm_shared.testing.rows import Rows

from .exception_helpers import DAY, FROM_MONA, exception, requested


async def test_beyond_the_limit_another_exception_is_refused_until_one_ends(
    app: FastAPI, client: httpx.AsyncClient, rows: Rows
) -> None:
    part_of(app, Clock).now = lambda: NOON
    await exception(rows, FROM_MONA, NOON - 2 * DAY, NOON - DAY)
    numbers = [await exception(rows, FROM_MONA, NOON, NOON + DAY) for _ in range(MAX_UNEXPIRED)]

    refused = await client.post("/exceptions", json=requested())
    await client.post(f"/exceptions/{numbers[0]}/actions", json={"kind": "revoke", "reason": "no longer needed here"})
    made = await client.post("/exceptions", json=requested())

    assert (refused.status_code, "200 exceptions already" in refused.text) == (409, True)
    assert made.status_code == 201
