"""Test rows in a real database: a test names the columns that matter, the rest have defaults."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import orjson
from sqlalchemy import Table, insert, update
from sqlalchemy.ext.asyncio import AsyncEngine

from mcm_shared.contracts.events import SourceEvent
from mcm_shared.contracts.findings import FindingMessage, Severity
from mcm_shared.db.engine import transaction
from mcm_shared.db.events import add_to_rollups, insert_events
from mcm_shared.db.finding_changes import note_change
from mcm_shared.db.tables import EVENT_DAYS, EVENT_ROLLUPS, FINDINGS, SOURCE_EVENTS
from mcm_shared.testing.builders import NOON


@dataclass(frozen=True)
class Rows:
    """Puts rows into the database of ``engine``."""

    engine: AsyncEngine

    async def event(self, **said: Any) -> int:
        """Stores an event and returns its id."""
        return await self._insert(SOURCE_EVENTS, self.values(**said))

    async def events(self, said: Iterable[dict[str, Any]]) -> list[int]:
        """Stores events in their order and returns their ids."""
        async with transaction(self.engine) as connection:
            added = [insert(SOURCE_EVENTS).values(self.values(**each)).returning(SOURCE_EVENTS.c.id) for each in said]
            return [int((await connection.execute(each)).scalar_one()) for each in added]

    def values(self, **said: Any) -> dict[str, Any]:
        """Completes the columns of an event."""
        number = uuid4()
        return {
            "event_uid": number,
            "source": "test-app",
            "source_event_id": str(number),
            "event_type": "login_success",
            "user": "mona@example.com",
            "timestamp": NOON,
            "raw_data": {},
            "processed": False,
            **said,
        }

    async def finding(self, **said: Any) -> int:
        """Stores a finding and returns its id; ``group`` and ``severity`` are given as the API shows them."""
        severity = Severity(said.pop("severity", "high"))
        group = said.pop("group", {"user": said.get("user", "mona@example.com")})
        first_seen: datetime = said.get("first_seen", NOON)
        return await self._insert(
            FINDINGS,
            {
                "uid": uuid4(),
                "version": 1,
                "rule_id": uuid4(),
                "rule_version": "1",
                "rule_name": "role_escalated_to_admin",
                "title": "Role escalated to admin",
                "description": "mona@example.com was made admin",
                "severity_rank": severity.rank,
                "user": "mona@example.com",
                "group_key": orjson.dumps(group).decode(),
                "series_id": uuid4(),
                "bucket_start": first_seen,
                "bucket_end": first_seen + timedelta(hours=1),
                "first_seen": first_seen,
                "last_seen": first_seen,
                "detection_count": 1,
                "source": "test-app",
                "tags": ["soc2.cc6.3"],
                "extra_data": {"rule_version": "1", "group": group},
                **said,
            },
        )

    async def travelling(self, findings: Sequence[FindingMessage]) -> None:
        """Stores findings as they travel, or what changed of those that are stored; they name no stored event."""
        async with transaction(self.engine) as connection:
            for finding in findings:
                values = finding.model_dump(exclude={"severity", "group", "event_id"}) | {
                    "severity_rank": finding.severity.rank,
                    "group_key": orjson.dumps(finding.group).decode(),
                    "series_id": finding.uid,
                    "bucket_start": finding.first_seen,
                    "bucket_end": finding.first_seen + timedelta(hours=1),
                }
                known = await connection.execute(update(FINDINGS).where(FINDINGS.c.uid == finding.uid).values(values))
                if not known.rowcount:
                    await connection.execute(insert(FINDINGS).values(values))
            await note_change(connection, shard=0)

    async def rollup(self, hour: datetime, count: int, source: str = "test-app", shard: int = 0) -> None:
        """Stores how many events an hour had, in the counts of hours and of days."""
        async with transaction(self.engine) as connection:
            row = {"source": source, "shard": shard, "count": count}
            await connection.execute(insert(EVENT_ROLLUPS).values(hour=hour, **row))
            day = {"day": hour.astimezone(UTC).date(), "event_type": "login_success", **row}
            known = EVENT_DAYS.c
            same = (known.day == day["day"], known.source == source, known.shard == shard)
            added = await connection.execute(update(EVENT_DAYS).where(*same).values(count=known["count"] + count))
            if not added.rowcount:
                await connection.execute(insert(EVENT_DAYS).values(day))

    async def counted(self, *events: SourceEvent) -> None:
        """Stores events and counts them, like the event writer."""
        async with transaction(self.engine) as connection:
            await insert_events(connection, events, processed=True)
            await add_to_rollups(connection, events, shard=0)

    async def _insert(self, table: Table, values: dict[str, Any]) -> int:
        async with transaction(self.engine) as connection:
            result = await connection.execute(insert(table).values(values).returning(table.c.id))
            if table is FINDINGS:
                await note_change(connection, shard=0)
            return int(result.scalar_one())
