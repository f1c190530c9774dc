"""Documented commands work as written: each is executed against the running product."""

import asyncio
import gzip
import json
import os
import re
import shlex
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mcm_local.checkout import CHECKOUT
from mcm_shared.kafka.topics_admin import ensure_topics
from tests.browser.product import READY, Product, start_product
from tests.pipeline import Pipeline
from tests.services import Service

CONSOLE = re.compile(r"^```(?:console|sh|bash)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
DOCUMENTS = (
    "README.md",
    "docs/api.md",
    "docs/operations.md",
    "docs/rules.md",
    "docs/writing-rules.md",
    "packs/cloud/README.md",
)
ELSEWHERE = ("docker ", "cosign ", "fly ", "cp .env", "cd frontend")
"""Commands of other programs, whose tests need Docker or a provider."""
TESTED_ELSEWHERE = ".venv/bin/mcm-rules-engine test packs/cloud"
"""All tests of the pack take minutes; test_published_pack.py runs them."""
CURL_TIMED_OUT = 28

EVENT = {
    "id": "evt-doc-1",
    "source": "my-app",
    "event_type": "storage_bucket_permission_changed",
    "user": "mona@example.com",
    "timestamp": "2026-11-20T12:00:00Z",
    "raw_data": {"bucket": "customer-exports", "visibility": "public"},
}
RECORD = {
    "eventVersion": "1.08",
    "eventID": "11111111-1111-4111-8111-111111111111",
    "eventTime": "2026-11-20T12:00:00Z",
    "eventSource": "iam.amazonaws.com",
    "eventName": "ListUsers",
    "awsRegion": "eu-central-1",
    "sourceIPAddress": "192.0.2.7",
    "userIdentity": {"type": "IAMUser", "userName": "mona", "accountId": "111122223333"},
}
RULE = """
title: A bucket of the documentation
name: documented_bucket
description: A bucket became public.
level: low
logsource: {category: activity}
detection:
  bucket: {event_type: storage_bucket_permission_changed}
  condition: bucket
tests:
  - {name: it matches, events: [{event_type: storage_bucket_permission_changed, user: a}], expect: [{severity: low}]}
  - {name: it does not match, events: [{event_type: login_failed, user: a}], expect: []}
"""


def _commands(document: str) -> list[str]:
    """Splits the console blocks of a document into commands; a command may span lines."""
    commands: list[str] = []
    for block in CONSOLE.findall((CHECKOUT / document).read_text()):
        pending = ""
        for line in block.splitlines():
            pending = f"{pending}\n{line}" if pending else line
            if _is_complete(pending):
                commands += [pending] if pending.strip() else []
                pending = ""
        assert not pending, f"{document} has an unfinished command: {pending}"
    return commands


def _is_complete(command: str) -> bool:
    if command.endswith("\\"):
        return False
    try:
        shlex.split(command, comments=True)
    except ValueError:
        return False
    return True


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder like the checkout, with the files that the documents name."""
    for name in (".venv", "packs", "Makefile"):
        (tmp_path / name).symlink_to(CHECKOUT / name)
    (tmp_path / "event.json").write_text(json.dumps(EVENT) + "\n")
    (tmp_path / "event.ndjson").write_text(json.dumps(EVENT) + "\n")
    (tmp_path / "events.ndjson").write_text(json.dumps(EVENT) + "\n")
    (tmp_path / "trail.json.gz").write_bytes(gzip.compress(json.dumps({"Records": [RECORD]}).encode()))
    (tmp_path / "my-rules").mkdir()
    (tmp_path / "my-rules" / "documented_bucket.yml").write_text(RULE)
    return tmp_path


@pytest.fixture
async def product(pipeline: Pipeline, run_service: Callable[..., Service]) -> Product:
    """The running product with one finding."""
    product = await start_product(run_service, pipeline, "mcm-rules-engine", "mcm-enricher", "mcm-api")
    await pipeline.push(json.dumps(EVENT).encode())
    await product.settled()
    return product


def _run(command: str, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    service = re.search(r"(mcm-[a-z-]+) run(\s|$)", command)
    if service:
        return _run_service(command, service[1], folder, environment)
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def _make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))


def _is_ours(command: str) -> bool:
    if "make " in command:
        assert command.split("make ")[1].split()[0] in _make_targets(), command
        return False
    return not command.startswith(("export ", "API=", "kcat ", TESTED_ELSEWHERE, *ELSEWHERE))


def _for_this_run(command: str, url: str, finding: int) -> str:
    written = command.replace("http://127.0.0.1:8000", url).replace("127.0.0.1:8000", url)
    written = written.replace("/findings/17/", f"/findings/{finding}/")
    written = re.sub(r"after=[\d.~]+&", "", written)
    return re.sub(r"^curl ", "curl --silent --show-error --fail --max-time 5 ", written)


def _run_service(
    command: str, program: str, folder: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Runs a service until it works, and stops it."""
    *exports, start = command.split("\n")
    log = folder / "service.log"
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            ["bash", "-c", "\n".join([*exports, f"exec {start}"])],
            cwd=folder,
            env={**os.environ, **environment, "MCM_API_PORT": "0", "MCM_METRICS_PORT": "0"},
            stdin=subprocess.DEVNULL,
            stderr=stderr,
        )
    deadline = time.monotonic() + 60
    while READY[program] not in log.read_text() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    process.terminate()
    return subprocess.CompletedProcess(command, process.wait(60), "", log.read_text())


@pytest.mark.timeout(600)
async def test_each_documented_command_works(folder: Path, product: Product) -> None:
    finding = (await product.get("/findings"))["items"][0]["id"]
    environment = {**product.pipeline.environment, "API": product.url}
    failed = []
    for document in DOCUMENTS:
        commands = _commands(document)
        assert commands, document
        exported = [command for command in commands if command.startswith("export ") and "sqlite" in command]
        for command in commands:
            if not _is_ours(command):
                continue
            written = _for_this_run(command, product.url, finding)
            done = await asyncio.to_thread(_run, "\n".join([*exported, written]), folder, environment)
            # scan exits 1 when it finds something; a stream ends only when curl stops reading
            expected = {0, 1} if " scan " in written else {0, CURL_TIMED_OUT} if "/stream" in written else {0}
            if done.returncode not in expected or "Traceback" in done.stderr:
                failed.append(f"{document}: {command}\n  {done.returncode}: {done.stderr[-500:]}{done.stdout[-200:]}")

    assert failed == [], "\n".join(failed)


@pytest.mark.parametrize("document", ["README.md", "docs/operations.md"])
async def test_each_python_example_runs(document: str, folder: Path, pipeline: Pipeline) -> None:
    examples = [block for block in PYTHON.findall((CHECKOUT / document).read_text()) if "asyncio.run" in block]
    assert examples
    for number, example in enumerate(examples):
        bootstrap = pipeline.environment["KAFKA_BOOTSTRAP_SERVERS"]
        topic = f'"{pipeline.topics.raw}"'
        await ensure_topics(pipeline.kafka)
        text = example.replace("127.0.0.1:9092", bootstrap).replace('"events.raw"', topic)
        (folder / f"example{number}.py").write_text(text)
        command = f".venv/bin/python example{number}.py"
        done = await asyncio.to_thread(_run, command, folder, pipeline.environment)
        assert done.returncode == 0, done.stderr
