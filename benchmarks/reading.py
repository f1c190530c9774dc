"""How fast the API answers what the dashboard asks, at millions of events: p50 and p99 with 8 clients at once."""

import asyncio
import os
import time
from collections import defaultdict

import asyncpg

from benchmarks._api import running_api
from benchmarks._clients import ask, get
from benchmarks._reading_rows import build_fact_index, fill
from benchmarks._stack import running_stack

EVENTS = int(os.environ.get("MCM_BENCH_ROWS", "1000000"))
FINDINGS = max(1_000, EVENTS // 100)
CLIENTS = 8
ROUNDS = 5
REQUESTS = 160
"""A round, for each kind; all kinds take turns, so that a slow minute of the machine hits all."""
TARGET_MS = 20.0

BASELINE = "one finding by its id"
_OPEN = "status=open&status=acknowledged&status=investigating&status=reopened"
KINDS: dict[str, list[str]] = {
    BASELINE: [f"/findings/{number}" for number in range(1, 41)],
    "summary": ["/stats/summary"],
    "summary of a day by hour": [
        f"/stats/summary?from=2026-11-{day:02}T00:00:00Z&to=2026-11-{day + 1:02}T00:00:00Z&interval=hour"
        for day in range(1, 11)
    ],
    "findings, page 1": ["/findings", "/findings?severity=critical", "/findings?user=user-7@example.com"],
    "findings, page 500": ["/findings?page=500", "/findings?severity=high&page=500&page_size=10"],
    "findings, any filter, page 1": [
        "/findings?rule=rule_7&rule=rule_8",
        "/findings?source=my-app&risk_min=90",
        "/findings?enriched=false",
        "/findings?q=rule+13",
        "/findings?severity=high&source=okta.system&from_date=2026-11-01",
    ],
    "findings by triage, page 1": [
        # the dashboard's default view
        f"/findings?{_OPEN}&assignee=unassigned&assignee=analyst-3@example.com",
        "/findings?status=reopened&sort=risk_score",
        "/findings?status=resolved&status=false_positive&assignee=analyst-7@example.com",
        "/findings?label=label-3",
        "/findings?label=quarter-2&status=open&assignee=unassigned&severity=high",
    ],
    "findings by suppression, page 1": [
        "/findings?suppressed=true",
        "/findings?suppressed=true&suppressed=false",
        "/findings?suppressed=true&status=open&assignee=unassigned&label=label-3&sort=severity",
        "/findings?suppressed=false&status=open&q=rule+13",
    ],
    "findings, any sort, page 1": [
        f"/findings?sort={sort}" for sort in ("risk_score", "last_seen", "severity", "detection_count")
    ],
    "findings, any sort, page 500": [
        f"/findings?sort={sort}&order={order}&page=500"
        for sort in ("risk_score", "last_seen", "severity", "detection_count")
        for order in ("asc", "desc")
    ],
    "facets": ["/findings/facets", "/findings/facets?severity=critical", "/findings/facets?q=rule+13"],
    "a user": [f"/users/user-{number}@example.com" for number in range(0, 400, 13)],
    "the busiest user": ["/users/deploy-bot@example.com"],
    "overview": ["/stats/overview"],
    "users": ["/users", "/users?sort=events", "/users?q=user-1"],
    "events, newest": ["/events", "/events?event_type=type_3", "/events?user=user-9@example.com"],
    "events by a fact": [
        "/events?fact=action:repo.access",
        "/events?fact=request:req-4711",
        "/events?fact=request:none",
        "/events?fact=ip:192.0.2.7&fact=resource:acme/service-7",
        "/events?fact=ip:192.0.2.8&user=user-9@example.com",
    ],
    "histogram by a fact": ["/events/histogram?fact=request:req-4711"],
    "histogram of all": ["/events/histogram"],
    "event facets": ["/events/facets"],
}


def main() -> None:
    """Prints the milliseconds of each kind of request, and how they compare with a trivial one."""
    print(f"  filling: {EVENTS:,} events, {FINDINGS:,} findings (MCM_BENCH_ROWS)", flush=True)
    with running_stack() as stack:
        url = stack.new_database()
        began = time.monotonic()
        asyncio.run(fill(url, EVENTS, FINDINGS))
        print(f"  filled in {time.monotonic() - began:.0f} s", flush=True)
        print(f"  facts indexed in {asyncio.run(build_fact_index(url)):.0f} s", flush=True)
        measure(url)


def measure(database_url: str) -> None:
    """Measures an API over a filled database."""
    with running_api(database_url) as (url, _):
        first, seconds = asyncio.run(_measure(url, database_url))
    baseline = _quantile(seconds[BASELINE], 0.99)
    print(f"\n  {'ms, with ' + str(CLIENTS) + ' clients at once':36}    p50     p99  x trivial   first after a change")
    for name, found in seconds.items():
        p99 = _quantile(found, 0.99)
        missed = "" if p99 * 1000 < TARGET_MS else "  over the target of 20"
        print(
            f"  {name:36} {_quantile(found, 0.5) * 1000:6.1f}  {p99 * 1000:6.1f} {p99 / baseline:10.1f}"
            f" {max(first[name]) * 1000:14.1f}{missed}"
        )


async def _measure(url: str, database_url: str) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    first: dict[str, list[float]] = defaultdict(list)
    seconds: dict[str, list[float]] = defaultdict(list)
    writer = await asyncpg.connect(database_url)
    for paths in KINDS.values():
        await ask(url, paths, clients=1)
    for name, paths in KINDS.items():
        for path in paths:
            await writer.execute('UPDATE finding_changes SET "count" = "count" + 1')
            first[name].append(await get(url, path))
    await writer.close()
    for paths in KINDS.values():
        await ask(url, paths, clients=CLIENTS)
    for _ in range(ROUNDS):
        for name, paths in KINDS.items():
            selected = [paths[number % len(paths)] for number in range(REQUESTS)]
            seconds[name] += await ask(url, selected, clients=CLIENTS)
    return first, seconds


def _quantile(found: list[float], share: float) -> float:
    return sorted(found)[min(len(found) - 1, int(len(found) * share))]
