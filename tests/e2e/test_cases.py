"""Recorded attacks, replayed: every event is stored, and the findings are the same in any order and however often."""

import asyncio
import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from mcm_local.checkout import CHECKOUT
from tests.pipeline import Pipeline, until
from tests.services import Service

ATTACKS = CHECKOUT.parent / "shared" / "cases" / "cloudtrail-attacks"
PACK = CHECKOUT / "packs" / "cloud"
EVENTS = 310

pytestmark = pytest.mark.skipif(not ATTACKS.is_dir(), reason="the recorded attacks are not here")

RunService = Callable[..., Service]
Found = set[tuple[object, ...]]


async def replay(run_service: RunService, pipeline: Pipeline, *files: Path) -> None:
    command = ("mcm-ingestor", "replay", *map(str, files), "--source", "aws.cloudtrail")
    replaying = run_service(*command, env=pipeline.environment)
    assert await asyncio.to_thread(replaying.wait, 60) == 0, replaying.stderr()
    await until(pipeline.is_idle, what="the engine has handled all")


async def findings_of(pipeline: Pipeline) -> Found:
    """What there is to say of every finding but its row's id, its version and when it was made."""
    return {
        (one.uid, one.severity, one.detection_count, one.first_seen, one.last_seen, one.event_uid, one.description)
        for one in (await pipeline.findings()).values()
    }


def shuffled(tmp_path: Path, seed: int) -> Path:
    """Writes the records of all files into one, in another order, every one of them twice."""
    lines = [line for file in sorted(ATTACKS.glob("*.ndjson")) for line in file.read_text().splitlines() if line] * 2
    random.Random(seed).shuffle(lines)
    path = tmp_path / f"shuffled-{seed}.ndjson"
    path.write_text("\n".join(lines) + "\n")
    return path


def file_of_each_event() -> dict[str, str]:
    return {
        json.loads(line)["eventID"]: file.stem
        for file in sorted(ATTACKS.glob("*.ndjson"))
        for line in file.read_text().splitlines()
        if line
    }


async def test_recorded_attacks_are_stored_whole_and_judged_the_same_in_any_order(
    pipeline: Pipeline, run_service: RunService, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    settings = {"MCM_RULES_PATH": str(PACK), "MCM_BATCH_SIZE": "50"}
    engine = run_service("mcm-rules-engine", "run", env=pipeline.environment, **settings)
    files = sorted(ATTACKS.glob("*.ndjson"))

    await replay(run_service, pipeline, *files)

    assert await pipeline.count_events() == EVENTS
    assert await pipeline.records(pipeline.topics.dead) == []
    findings = await findings_of(pipeline)
    assert len(findings) > 10
    raised = await raised_by_file(pipeline)
    record_property("findings by file", {file: dict(counted) for file, counted in raised.items()})
    for file in files:
        print(f"{file.stem}: {dict(raised[file.stem]) or 'nothing'}")

    await replay(run_service, pipeline, *files)
    assert await findings_of(pipeline) == findings
    await replay(run_service, pipeline, shuffled(tmp_path, 1))
    assert await findings_of(pipeline) == findings
    assert await pipeline.count_events() == await pipeline.count_rolled_up() == EVENTS
    await pipeline.assert_published()
    engine.terminate()
    assert await asyncio.to_thread(engine.wait) == 0


async def test_recorded_attacks_shuffled_from_the_start_are_judged_the_same(
    pipeline: Pipeline, sqlite_url: str, run_service: RunService, tmp_path: Path
) -> None:
    found = []
    for url, prefix, files in (
        (pipeline.database_url, "one-", sorted(ATTACKS.glob("*.ndjson"))),
        (sqlite_url, "two-", [shuffled(tmp_path, 2)]),
    ):
        update = {"topic_prefix": f"{pipeline.kafka.topic_prefix}{prefix}"}
        one = Pipeline(pipeline.kafka.model_copy(update=update), url)
        run_service("mcm-rules-engine", "run", env=one.environment, MCM_RULES_PATH=str(PACK), MCM_BATCH_SIZE="7")
        await replay(run_service, one, *files)
        found.append(await findings_of(one))

    assert found[0] == found[1]
    assert found[0]


async def raised_by_file(pipeline: Pipeline) -> dict[str, Counter[str]]:
    """Counts findings by the file that the event of their earliest detection comes from, and by rule."""
    ids = await pipeline.source_event_ids()
    file_of = file_of_each_event()
    raised: dict[str, Counter[str]] = defaultdict(Counter)
    for finding in (await pipeline.findings()).values():
        assert finding.event_uid is not None
        raised[file_of[ids[finding.event_uid]]][f"{finding.rule_name} {finding.severity}"] += 1
    return raised
