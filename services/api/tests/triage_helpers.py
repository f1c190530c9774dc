"""Actions on findings over HTTP, and detections between them."""

from datetime import timedelta
from typing import Any

import httpx
from sqlalchemy import update

from mcm_shared.db.engine import transaction
from mcm_shared.db.tables import FINDINGS
from mcm_shared.testing.rows import Rows

HOUR = timedelta(hours=1)
CLOSE = {"kind": "status", "value": "resolved", "reason": "The bucket is private again"}
ADA = "ada@example.com"


async def act(client: httpx.AsyncClient, finding_id: int, action: dict[str, Any], **headers: str) -> httpx.Response:
    return await client.post(f"/findings/{finding_id}/actions", json=action, headers=headers)


async def detect(rows: Rows, finding_id: int, **columns: Any) -> None:
    """Changes the engine's columns of a finding, as a detection does."""
    async with transaction(rows.engine) as connection:
        await connection.execute(update(FINDINGS).where(FINDINGS.c.id == finding_id).values(columns))


async def ids_of(client: httpx.AsyncClient, query: str) -> list[int]:
    return [item["id"] for item in (await client.get(f"/findings?{query}")).json()["items"]]
