"""``mcm-ingestor replay``: folders, patterns, zstd, following a file, pacing by event time, and resuming."""

import asyncio
import gzip
import json
import signal
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard

from mcm_ingestor.replay_files import expand
from mcm_ingestor.replay_position import STATE_FILE
from mcm_ingestor.replay_speed import Pace, event_seconds, parse_speed
from mcm_local.checkout import COMMANDS
from mcm_shared.contracts.topics import Topics
from mcm_shared.errors import ConfigurationError
from mcm_shared.kafka.records import Record
from mcm_shared.testing.waiting import until

RecordsOf = Callable[[str], Awaitable[list[Record]]]


def line(number: int) -> bytes:
    """Builds a native record on a line of its own."""
    return json.dumps({"eventID": f"e-{number:05}", "eventName": "GetObject"}).encode() + b"\n"


def lines(*numbers: int) -> bytes:
    """Builds several."""
    return b"".join(map(line, numbers))


@pytest.fixture
def start(service_env: dict[str, str], tmp_path: Path) -> Callable[..., "subprocess.Popen[bytes]"]:
    """Starts a replay of CloudTrail records in the test's folder."""

    def run(*arguments: str) -> "subprocess.Popen[bytes]":
        command: tuple[str, ...] = (str(COMMANDS / "mcm-ingestor"), "replay", *arguments, "--source", "aws.cloudtrail")
        return subprocess.Popen(command, env=service_env, cwd=tmp_path, stderr=subprocess.PIPE)

    return run


async def ids(records_of: RecordsOf, topics: Topics) -> list[str]:
    """Returns the ids that are in Kafka, sorted."""
    return sorted(json.loads(record.value or b"")["eventID"] for record in await records_of(topics.raw))


async def ended(process: "subprocess.Popen[bytes]") -> tuple[int, str]:
    """Waits for the end; returns the exit code and what was printed."""
    _, printed = await asyncio.to_thread(process.communicate, timeout=60)
    return process.returncode, printed.decode()


async def test_folders_patterns_and_packed_files_are_replayed(
    start: Any, records_of: RecordsOf, topics: Topics, tmp_path: Path
) -> None:
    folder = tmp_path / "logs" / "2026"
    folder.mkdir(parents=True)
    (folder / "a.json.gz").write_bytes(
        gzip.compress(b'{"Records": [' + line(1).strip() + b"," + line(2).strip() + b"]}")
    )
    (folder / "b.ndjson.zst").write_bytes(zstandard.compress(lines(3)) + zstandard.compress(lines(4)))
    (folder / "c.txt").write_bytes(lines(99))
    (tmp_path / "x1.log").write_bytes(lines(5))
    (tmp_path / "x2.log").write_bytes(zstandard.compress(lines(6, 7))[:-3])

    code, printed = await ended(start("logs", "x*.log"))

    assert code == 1
    assert "x2.log: the zstd data is damaged or cut off" in printed
    assert await ids(records_of, topics) == [f"e-{number:05}" for number in range(1, 6)]


async def test_a_file_is_followed_through_its_rotation(
    start: Any, records_of: RecordsOf, topics: Topics, tmp_path: Path
) -> None:
    file = tmp_path / "app.log"
    file.write_bytes(lines(1))
    process = start("app.log", "--follow")

    async def holds(count: int) -> bool:
        return len(await ids(records_of, topics)) >= count

    await until(lambda: holds(1), 60)
    with file.open("ab") as stream:
        stream.write(lines(2)[:10])
        stream.flush()
        stream.write(lines(2)[10:])
    await until(lambda: holds(2), 60)
    (tmp_path / "new").write_bytes(lines(3))
    (tmp_path / "new").replace(file)
    await until(lambda: holds(3), 60)
    process.send_signal(signal.SIGINT)
    code, _ = await ended(process)
    assert code == 130
    assert await ids(records_of, topics) == ["e-00001", "e-00002", "e-00003"]


async def test_an_interrupted_replay_is_resumed_where_it_ended(
    start: Any, records_of: RecordsOf, topics: Topics, tmp_path: Path
) -> None:
    (tmp_path / "a.ndjson").write_bytes(lines(*range(3000)))
    process = start("a.ndjson", "--rate", "500")

    async def some() -> bool:
        return len(await ids(records_of, topics)) > 0

    await until(some, 60)
    process.send_signal(signal.SIGINT)
    code, printed = await ended(process)
    assert code == 130
    assert printed.rstrip().endswith("continue with --resume")
    before = len(await ids(records_of, topics))
    assert 0 < before < 3000
    assert (await ended(start("a.ndjson", "--resume")))[0] == 0
    found = await ids(records_of, topics)
    # at most the batch that was under way is sent twice
    assert set(found) == {f"e-{number:05}" for number in range(3000)}
    assert len(found) < 3000 + before
    assert not (tmp_path / STATE_FILE).exists()


async def test_a_complete_replay_succeeds_where_the_position_cannot_be_removed(start: Any, tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_bytes(lines(1))
    (tmp_path / STATE_FILE).mkdir()

    code, printed = await ended(start("a.ndjson"))

    assert code == 0
    assert "replayed 1 event" in printed
    assert "; the position cannot be removed: Is a directory" in printed


async def test_what_cannot_be_replayed_is_named(start: Any, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(lines(1))
    (tmp_path / "b.json").write_bytes(lines(2))
    for arguments, expected in (
        (("none*.json",), "no file matches none*.json"),
        (("a.json", "b.json", "--follow"), "--follow takes exactly one file"),
        (("a.json", "--speed", "fast"), "--speed: write a factor above 0, such as 60x"),
    ):
        code, printed = await ended(start(*arguments))
        assert (code, expected in printed) == (2, True), printed


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="holds no files named"):
        expand([str(tmp_path)])


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"eventTime": "1970-01-01T00:01:00Z"}, 60.0),
        ({"created_at": 60_000}, 60_000.0),
        ({"@timestamp": 1_795_176_000_000}, 1_795_176_000.0),
        ({"source": "okta.system", "payload": {"published": "1970-01-01T00:00:05Z"}}, 5.0),
        ({"timestamp": "soon"}, None),
        ([], None),
    ],
)
def test_the_time_of_an_event_is_found_by_the_names_of_all_sources(data: Any, expected: float | None) -> None:
    assert event_seconds(data) == expected


def test_the_pace_is_that_of_event_time() -> None:
    pace = Pace(parse_speed("60x"))
    assert pace.wait_s({"timestamp": "2026-11-20T12:00:00Z"}) == 0
    assert 58 < pace.wait_s({"timestamp": "2026-11-20T13:00:00Z"}) <= 60
    assert pace.wait_s({"timestamp": "2026-11-20T11:00:00Z"}) == 0
    assert pace.wait_s({}) == 0
