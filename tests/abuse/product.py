"""The product under attack: the API and a rules-engine as processes, and someone who keeps pushing events."""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import orjson
from sqlalchemy import delete

from mcm_rules_engine.sigma.load import load_rules
from mcm_rules_engine.testing import oracle
from mcm_rules_engine.testing.agreement import differences
from mcm_rules_engine.testing.deliveries import read_result
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.db.engine import transaction
from mcm_shared.db.tables import FINDINGS
from tests.abuse.measure import Measured, now, peak_mib, probed, reset_peak, stalls_since
from tests.pipeline import Pipeline, canonical, until
from tests.services import Service

ATTACKER: Final = "attacker@example.net"
"""The user of every event that an attack brings."""

ATTACKED_AT: Final = datetime(2026, 10, 1, 12, tzinfo=UTC)
"""The time of every event that an attack brings: before all legitimate ones, so that no rule sees both."""

JSON: Final = {"Content-Type": "application/json"}
_EVENTS_A_PUSH: Final = 10
_EVENTS_AT_LAST: Final = 1_000
_EVERY_S: Final = 0.5
_SETTLED_WITHIN_S: Final = 240.0


@dataclass
class Product:
    """The processes, their topics and database; ``scale`` is 1 for attacks in full."""

    pipeline: Pipeline
    api: Service
    engine: Service
    url: str
    stalls: Path
    scale: float
    legitimate: list[SourceEvent]
    pushed: list[SourceEvent] = field(default_factory=list)

    def many(self, number: int, least: int = 1) -> int:
        """Scales the number of an attack."""
        return max(least, int(number * self.scale))

    def seconds(self, seconds: float) -> float:
        """Scales a duration."""
        return seconds * self.scale

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the API."""
        parts = urlsplit(self.url)
        return str(parts.hostname), int(parts.port or 80)

    def client(self, **options: Any) -> httpx.AsyncClient:
        """An attacker's client."""
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        return httpx.AsyncClient(base_url=self.url, **{"timeout": 60, "limits": limits, **options})

    async def settled(self) -> None:
        """Waits until the rules-engine has handled everything; while events are pushed, some are never scored yet."""
        await until(self.pipeline.is_idle, _SETTLED_WITHIN_S, "the rules-engine has handled everything", every=0.25)

    @asynccontextmanager
    async def measured(self) -> AsyncIterator[Measured]:
        """Measures the product during an attack, beside legitimate events that are pushed before, during and after."""
        measured = Measured()
        began, already = now(), len(self.pushed)
        processes = {"API": self.api.pid, "rules-engine": self.engine.pid}
        for pid in processes.values():
            reset_peak(pid)
        async with probed(self.url, self.api.pid, measured):
            await self._push(self._next())
            ended = asyncio.Event()
            pushing = asyncio.create_task(self._keep_pushing(ended))
            try:
                yield measured
            finally:
                # what is on its way is accepted first
                ended.set()
                await pushing
            await self._push(self._next())
            await self.settled()
        assert self.api.running, self.api.stderr()[-3000:]
        assert self.engine.running, self.engine.stderr()[-3000:]
        measured.peaks_mib |= {name: peak_mib(pid) for name, pid in processes.items()}
        measured.stall_s, measured.late_s = stalls_since(self.stalls, began)
        stored = await self.pipeline.event_uids()
        measured.pushed = len(self.pushed) - already
        measured.lost = sum(event.uid not in stored for event in self.pushed[already:])

    async def differences_from_the_oracle(self) -> list[str]:
        """Compares the findings of all legitimate events with the oracle's."""
        while events := self._next(_EVENTS_AT_LAST):
            await self._push(events)
        await until(self.pipeline.is_scored, _SETTLED_WITHIN_S, "the rules-engine has scored everything", every=0.25)
        expected = oracle.evaluate(load_rules([]), self.pushed).findings
        engine = self.pipeline.connect()
        async with transaction(engine) as connection:
            # attacks on the stream put findings there that no event raised
            await connection.execute(delete(FINDINGS).where(FINDINGS.c.event_id.is_(None)))
        found = (await read_result(engine)).findings
        await engine.dispose()
        ours = {uid: one for uid, one in found.items() if uid in expected or not _is_of_attacker(one)}
        return list(differences(expected, ours))

    def _next(self, number: int = _EVENTS_A_PUSH) -> list[SourceEvent]:
        at = len(self.pushed)
        return self.legitimate[at : at + number]

    async def _keep_pushing(self, ended: asyncio.Event) -> None:
        while not ended.is_set() and (events := self._next()):
            await self._push(events)
            await asyncio.sleep(_EVERY_S)

    async def _push(self, events: Sequence[SourceEvent]) -> None:
        """Pushes events as a program should: again after the time that a refusal names, until they are accepted."""
        if not events:
            return
        self.pushed += events
        body = b"[" + b",".join(map(canonical, events)) + b"]"
        async with self.client() as client:
            while True:
                try:
                    response = await client.post("/events", content=body, headers=JSON)
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
                    continue
                if response.status_code == 202:
                    return
                assert response.status_code in {429, 503}, response.text
                await asyncio.sleep(float(response.headers.get("Retry-After", "1")))


def _is_of_attacker(finding: oracle.ExpectedFinding) -> bool:
    # what is about all users, or about an id, names none
    return finding.user == ATTACKER or finding.last_seen <= ATTACKED_AT


def observed_api() -> tuple[str, ...]:
    """The command of the API with an observer of its loop, to be followed by the observer's file."""
    return (sys.executable, "-m", "tests.abuse.observed_api")


def event_of_attacker(**said: Any) -> dict[str, Any]:
    """Makes an event as an attack sends it."""
    event = {"source": "abuse", "event_type": "abuse", "user": ATTACKER, "timestamp": ATTACKED_AT.isoformat()}
    return {**event, **said}


def counted(statuses: Iterable[object]) -> str:
    """Writes how often each outcome occurred."""
    return ", ".join(f"{number} times {status}" for status, number in sorted(Counter(map(str, statuses)).items()))


def array_of(value: bytes, number: int) -> bytes:
    """Writes an event whose raw_data holds a value that often."""
    start = orjson.dumps(event_of_attacker(raw_data={"values": []})).removesuffix(b"]}}")
    return start + b",".join([value] * number) + b"]}}"
