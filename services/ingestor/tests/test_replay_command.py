"""``mcm-ingestor replay``: native and canonical files to Kafka, whatever their form, and what is broken in them."""

import asyncio
import gzip
import json
import re
import signal
import subprocess
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from mcm_local.checkout import COMMANDS
from mcm_shared.contracts.topics import Topics
from mcm_shared.kafka.records import Record

Ended = subprocess.CompletedProcess[bytes]
Sent = tuple[dict[str, str], Any]
RecordsOf = Callable[[str], Awaitable[list[Record]]]
ReplayCounts = Callable[..., Awaitable[tuple[Ended, list[Sent]]]]

CASES = Path(__file__).parents[4] / "shared" / "cases"

NATIVE = [{"eventID": f"11111111-2222-3333-4444-{number:012}", "eventName": "GetObject"} for number in range(5)]
CANONICAL = {"source": "my-app", "event_type": "login_failed", "timestamp": "2026-11-20T12:00:00Z"}


@pytest.fixture
def replayed(ingestor: Callable[..., Ended], records_of: RecordsOf, topics: Topics) -> ReplayCounts:
    """Runs it; returns how it ended, and what it has sent: headers and payload of each record."""

    async def run(*arguments: object, stdin: bytes = b"") -> tuple[Ended, list[Sent]]:
        ended = await asyncio.to_thread(ingestor, "replay", *map(str, arguments), stdin=stdin)
        sent = await records_of(topics.raw)
        headers = [{name: (value or b"").decode() for name, value in record.headers} for record in sent]
        return ended, [(h, json.loads(record.value or b"")) for h, record in zip(headers, sent, strict=True)]

    return run


def file_of(folder: Path, name: str, content: object) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def by_id(payloads: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(payloads, key=lambda payload: str(payload["eventID"]))


async def test_native_files_are_sent_with_their_source(replayed: ReplayCounts, tmp_path: Path) -> None:
    as_lines = file_of(tmp_path, "1.ndjson", b"\n".join(json.dumps(record).encode() for record in NATIVE[:2]))
    as_records = file_of(tmp_path, "2.json.gz", gzip.compress(json.dumps({"Records": NATIVE[2:]}).encode()))

    ended, sent = await replayed(as_lines, as_records, "--source", "aws.cloudtrail")

    assert ended.returncode == 0
    assert b"replayed 5 events in" in ended.stderr
    assert [headers for headers, _ in sent] == [{"source": "aws.cloudtrail"}] * 5
    assert by_id([payload for _, payload in sent]) == NATIVE


async def test_standard_input_is_a_file_too(replayed: ReplayCounts) -> None:
    packed = gzip.compress(json.dumps(NATIVE).encode())

    ended, sent = await replayed("-", "--source", "aws.cloudtrail", stdin=packed)

    assert ended.returncode == 0
    assert by_id([payload for _, payload in sent]) == NATIVE


async def test_a_broken_line_is_reported_and_the_rest_is_sent(replayed: ReplayCounts, tmp_path: Path) -> None:
    path = file_of(tmp_path, "f.ndjson", b'{"eventID": "1"}\n{"eventID": \n[5]\n{"eventID": "2"}\n')

    ended, sent = await replayed(path, "--source", "aws.cloudtrail")

    assert ended.returncode == 1
    assert by_id([payload for _, payload in sent]) == [{"eventID": "1"}, {"eventID": "2"}]
    said = ended.stderr.decode()
    assert f"{path}:2: not valid JSON" in said
    assert f"{path}:3: a record must be a JSON object, not int" in said
    assert re.search(r"replayed 2 events in .*, refused 2", said)


async def test_canonical_events_are_validated_and_sent_without_a_source(replayed: ReplayCounts, tmp_path: Path) -> None:
    path = file_of(tmp_path, "f.json", [CANONICAL, {**CANONICAL, "timestamp": "yesterday"}])

    ended, sent = await replayed(path)

    assert ended.returncode == 1
    assert sent == [({}, CANONICAL)]
    assert f"{path}:1 element 2: timestamp: " in ended.stderr.decode()


async def test_an_envelope_names_the_source_of_each_record(replayed: ReplayCounts, tmp_path: Path) -> None:
    envelopes = [
        {"source": "okta.system", "payload": {"uuid": "1"}},
        {"source": "canonical", "payload": CANONICAL},
        {"source": "okta.system"},
    ]

    ended, sent = await replayed(file_of(tmp_path, "f.json", envelopes), "--source", "envelope")

    assert ended.returncode == 1
    assert sorted(sent, key=lambda record: len(record[0])) == [
        ({}, CANONICAL),
        ({"source": "okta.system"}, {"uuid": "1"}),
    ]
    assert b"an envelope must be" in ended.stderr


@pytest.mark.parametrize(
    ("name", "option", "event"),
    [
        ("push--payload.json", (), "push"),
        ("x.json", ("--webhook-event", "ping"), "ping"),
        ("push--x.json", ("--webhook-event", "ping"), "ping"),
    ],
)
async def test_a_webhook_is_sent_with_its_event(
    replayed: ReplayCounts, tmp_path: Path, name: str, option: tuple[str, ...], event: str
) -> None:
    path = file_of(tmp_path, name, {"ref": "refs/heads/main"})

    _, sent = await replayed(path, "--source", "github.webhook", *option)

    assert sent == [({"source": "github.webhook", "webhook_event": event}, {"ref": "refs/heads/main"})]


async def test_a_rate_is_kept(replayed: ReplayCounts, tmp_path: Path) -> None:
    path = file_of(tmp_path, "f.json", [{"eventID": str(number)} for number in range(40)])

    ended, sent = await replayed(path, "--source", "aws.cloudtrail", "--rate", "40")

    assert len(sent) == 40
    said = re.search(rb"replayed 40 events in .* \(([\d,]+) events/s\)", ended.stderr)
    assert said is not None
    assert int(said[1].replace(b",", b"")) <= 45


async def test_a_pipe_is_sent_as_it_comes_and_can_be_stopped(
    service_env: dict[str, str], records_of: RecordsOf, topics: Topics
) -> None:
    process = subprocess.Popen(  # noqa: ASYNC220 (it is talked to while it runs)
        (COMMANDS / "mcm-ingestor", "replay", "-", "--source", "aws.cloudtrail"),
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=service_env,
    )
    assert process.stdin is not None
    assert process.stderr is not None
    process.stdin.write(b'{"eventID": "1"}\n{"eventID": "half')
    process.stdin.flush()
    async with asyncio.timeout(30):
        while not await records_of(topics.raw):
            continue

    process.send_signal(signal.SIGINT)

    assert await asyncio.to_thread(process.wait, 10) == 130
    assert b"replayed 1 events" in process.stderr.read()
    process.stdin.close()
    process.stderr.close()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("nope.json", "--source", "aws.cloudtrail"), 2, "nope.json cannot be read: No such file or directory"),
        (
            ("nope.json", "--source", "aws.cloudtrial"),
            2,
            "unknown --source aws.cloudtrial; use one of canonical",
        ),
        (("/dev/null",), 1, "Kafka does not answer at 127.0.0.1:1"),
    ],
)
def test_what_cannot_begin_says_why(
    ingestor: Callable[..., Ended], arguments: tuple[str, ...], code: int, said: str
) -> None:
    ended = ingestor("replay", *arguments, KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1")

    assert ended.returncode == code
    assert ended.stderr.decode().startswith(f"error: {said}")


@pytest.mark.skipif(not CASES.is_dir(), reason="the collection of real events is not here")
async def test_real_events_are_all_sent(replayed: ReplayCounts) -> None:
    cloudtrail = sorted((CASES / "cloudtrail-attacks").glob("*.ndjson"))
    webhooks = sorted((CASES / "github-webhooks").glob("*.json"))

    await replayed(*cloudtrail, "--source", "aws.cloudtrail")
    await replayed(*webhooks, "--source", "github.webhook")
    ended, sent = await replayed(CASES / "published-detection-tests.ndjson", "--source", "envelope")

    assert ended.returncode == 0
    sources = Counter(headers["source"] for headers, _ in sent)
    assert sources["github.webhook"] >= 71
    assert sources["aws.cloudtrail"] >= 310
    assert len(sent) == 310 + 71 + 481
