"""``mcm-local up`` from the outside: one command brings it all up, and no end of it leaves anything behind."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from mcm_local.checkout import CHECKOUT, COMMANDS
from mcm_local.processes import poll_until
from mcm_shared.kafka.connection import connection_options
from mcm_shared.settings import KafkaSettings


class Up:
    """The command, running in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.endpoints = folder / "endpoints.json"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> dict[str, Any]:
        """Starts it and waits until it says that all answers."""
        self.folder.mkdir(exist_ok=True)
        with (self.folder / "out").open("wb") as out, (self.folder / "err").open("wb") as err:
            self.process = subprocess.Popen(
                [str(COMMANDS / "mcm-local"), "up", "--no-feed", "--folder", str(self.folder)],
                stdout=out,
                stderr=err,
                cwd=CHECKOUT,
            )
        process = self.process
        poll_until(lambda: "everything is ready" in self.said() or process.poll() is not None, seconds=90)
        poll_until(lambda: "curl" in self.shown() or process.poll() is not None, seconds=30)
        assert process.poll() is None, self.said()
        endpoints: dict[str, Any] = json.loads(self.endpoints.read_text())
        return endpoints

    def end(self, number: signal.Signals) -> None:
        """Sends it a signal and waits for its end."""
        assert self.process is not None
        self.process.send_signal(number)
        self.process.wait(30)

    def said(self) -> str:
        """What it said so far."""
        return (self.folder / "err").read_text()

    def shown(self) -> str:
        """What it printed for people to use."""
        return (self.folder / "out").read_text()

    def processes(self) -> list[psutil.Process]:
        """Every process it started that still runs."""
        assert self.process is not None
        found = []
        for line in (self.folder / "pids").read_text().splitlines() if (self.folder / "pids").exists() else []:
            with contextlib.suppress(psutil.NoSuchProcess):
                found.append(psutil.Process(int(line.split()[0])))
        return found


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Up]:
    started = Up(tmp_path / "local")
    yield started
    if started.process is not None and started.process.poll() is None:
        started.end(signal.SIGINT)


def _get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 (http on loopback)
        return json.load(response)


def _reaches_kafka(servers: str, login: dict[str, str]) -> bool:
    settings = KafkaSettings.model_validate({"KAFKA_BOOTSTRAP_SERVERS": servers, **login})

    async def reach() -> bool:
        client = AIOKafkaAdminClient(**connection_options(settings, "test"))
        try:
            await client.start()
        except KafkaError:
            return False
        finally:
            await client.close()
        return True

    return asyncio.run(reach())


def _push_as_shown(shown: str) -> bool:
    command = next(line.strip() for line in shown.splitlines() if line.strip().startswith("echo"))
    done = subprocess.run(["bash", "-c", command], check=False, cwd=CHECKOUT, stdout=subprocess.DEVNULL)
    return done.returncode == 0


def _finding_as_shown(shown: str) -> list[dict[str, Any]]:
    line = next(line.strip() for line in shown.splitlines() if line.strip().startswith("curl"))
    items: list[dict[str, Any]] = _get(line.split("'")[1])["items"]
    return items


# one test: each start takes the time of many tests
@pytest.mark.timeout(360)
def test_it_comes_up_takes_an_event_outlives_its_parts_and_leaves_nothing_behind(product: Up) -> None:
    endpoints = product.start()
    assert _get(f"{endpoints['api']}/ready")["status"] == "ready"
    assert product.endpoints.stat().st_mode & 0o777 == 0o600

    passwords = [urlsplit(endpoints["database"]).password, endpoints["kafka_login"]["KAFKA_SASL_PASSWORD"]]
    assert [password for password in passwords if not password or password in product.shown()] == []
    private = ["client.env", "kafka/password", "kafka/server.properties", "postgres/password"]
    assert {(product.folder / name).stat().st_mode & 0o777 for name in private} == {0o600}
    assert _reaches_kafka(endpoints["kafka"], endpoints["kafka_login"])
    assert not _reaches_kafka(endpoints["kafka"], {})
    assert not _reaches_kafka(endpoints["kafka"], {**endpoints["kafka_login"], "KAFKA_SASL_PASSWORD": "guessed"})
    assert _push_as_shown(product.shown())
    assert poll_until(lambda: _is_scored(product), seconds=60)
    assert _finding_as_shown(product.shown())[0]["severity"] == "critical"

    second = subprocess.run(
        [str(COMMANDS / "mcm-local"), "up", "--folder", str(product.folder)], capture_output=True, text=True, timeout=60
    )
    assert second.returncode == 2
    assert "is already running" in second.stderr

    processes = product.processes()
    assert len([process for process in processes if process.is_running()]) == 5
    product.end(signal.SIGKILL)
    _, alive = psutil.wait_procs(processes, timeout=30)
    assert alive == []

    product.start()
    assert len(_finding_as_shown(product.shown())) == 1
    for process in product.processes():
        with contextlib.suppress(psutil.NoSuchProcess):
            os.kill(process.pid, signal.SIGKILL)
    assert poll_until(lambda: product.said().count("was killed by SIGKILL") == 5, seconds=60), product.said()
    assert poll_until(lambda: _push_as_shown(product.shown()), seconds=60), product.said()
    assert poll_until(lambda: _is_scored(product), seconds=60), product.said()

    processes = product.processes()
    product.end(signal.SIGINT)
    assert "all stopped" in product.said()
    assert not product.endpoints.exists()
    assert not any(process.is_running() for process in processes)


def _is_scored(product: Up) -> bool:
    with contextlib.suppress(OSError):
        return any(item["risk_score"] is not None for item in _finding_as_shown(product.shown()))
    return False
