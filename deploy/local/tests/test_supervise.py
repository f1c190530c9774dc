"""What the supervisor promises: what dies is started again, and stopping leaves nothing behind."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil
import pytest

from mcm_local.child import Spec
from mcm_local.processes import Command, poll_until
from mcm_local.supervise import Supervisor
from mcm_shared.errors import ConfigurationError

NOTE = "import os, pathlib, signal, subprocess, sys, time\nfolder = pathlib.Path(sys.argv[1])\n"
NOTE += "def note(file, text):\n    with (folder / file).open('a') as f: f.write(f'{text}\\n')\n"
NOTE += "note('pids', os.getpid())\n"
SLEEP = NOTE + "time.sleep(600)\n"

Run = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Run]:
    """Starts a supervisor of the given children as a process."""
    running: list[subprocess.Popen[bytes]] = []

    def start(
        *children: dict[str, Any], limits: dict[str, float] | None = None, **backoff: float
    ) -> subprocess.Popen[bytes]:
        file = tmp_path / "children.json"
        file.write_text(
            json.dumps({"folder": str(tmp_path), "backoff": backoff, "limits": limits or {}, "children": children})
        )
        script = Path(__file__).parent / "supervised.py"
        with (tmp_path / "said").open("wb") as said:
            running.append(subprocess.Popen([sys.executable, str(script), str(file)], stderr=said))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()
    for pid in _lines(tmp_path / "pids"):
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(int(pid)).kill()


def _lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def _wait_for(condition: Callable[[], object], seconds: float = 20) -> None:
    assert poll_until(lambda: bool(condition()), seconds=seconds), "it did not come to that in time"


def _wait_for_lines(file: Path, count: int) -> None:
    _wait_for(lambda: len(_lines(file)) >= count)


def _alive(folder: Path) -> list[int]:
    pids = [int(pid) for pid in _lines(folder / "pids")]
    return [pid for pid in pids if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE]


def test_what_dies_is_started_again_after_longer_and_longer_waits(supervise: Run, tmp_path: Path) -> None:
    dying = NOTE + "note('starts', time.monotonic())\nsys.exit(3)\n"
    supervise({"name": "dying", "program": dying}, first_s=0.2, longest_s=0.5)

    _wait_for_lines(tmp_path / "starts", 5)

    starts = [float(line) for line in _lines(tmp_path / "starts")]
    gaps = [later - earlier for earlier, later in pairwise(starts)]
    assert all(gap >= least for gap, least in zip(gaps, [0.2, 0.4, 0.5, 0.5], strict=False)), gaps
    said = (tmp_path / "said").read_text()
    assert f"dying exited with code 3; restarting in 0.2 s (log: {tmp_path / 'dying.log'})" in said
    assert "restarting in 0.4 s" in said
    assert "restarting in 0.8 s" not in said


def test_a_process_that_ran_well_waits_the_shortest_time_again(supervise: Run, tmp_path: Path) -> None:
    supervise({"name": "killed", "program": SLEEP}, first_s=0.1, healthy_after_s=0.0)

    killed: list[str] = []
    while len(killed) < 3:
        _wait_for_lines(tmp_path / "pids", len(killed) + 1)
        killed = _lines(tmp_path / "pids")
        os.kill(int(killed[-1]), signal.SIGKILL)

    _wait_for(lambda: (tmp_path / "said").read_text().count("killed was killed by SIGKILL") == 3)
    assert (tmp_path / "said").read_text().count("restarting in 0.1 s") == 3


def test_each_waits_for_those_it_needs(supervise: Run, tmp_path: Path) -> None:
    slow = NOTE + "time.sleep(0.5)\nnote('order', 'migration done')\n"
    service = NOTE + "note('order', 'service started')\ntime.sleep(600)\n"
    supervise(
        {"name": "service", "program": service, "after": ["migration"]},
        {"name": "migration", "program": slow, "once": True},
    )

    _wait_for(lambda: (tmp_path / "all-ready").exists())
    _wait_for_lines(tmp_path / "order", 2)

    assert _lines(tmp_path / "order") == ["migration done", "service started"]


def test_a_step_that_failed_is_tried_again_until_it_is_done(supervise: Run, tmp_path: Path) -> None:
    step = NOTE + "note('tries', 1)\nsys.exit(len((folder / 'tries').read_text().split()) < 3)\n"
    supervise({"name": "step", "program": step, "once": True}, first_s=0.05)

    _wait_for(lambda: (tmp_path / "all-ready").exists())

    assert len(_lines(tmp_path / "tries")) == 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_stops_all_in_reverse_order(supervise: Run, tmp_path: Path, number: signal.Signals) -> None:
    program = (
        NOTE
        + "def stop(*_): note('ends', NAME); sys.exit(0)\n"
        + "signal.signal(signal.SIGTERM, stop)\nnote('up', 1)\ntime.sleep(600)\n"
    )
    names = ["database", "broker", "service", "feed"]
    supervisor = supervise(*({"name": name, "program": f"NAME = {name!r}\n{program}"} for name in names))
    _wait_for_lines(tmp_path / "up", len(names))

    supervisor.send_signal(number)

    assert supervisor.wait(10) == 0
    assert _lines(tmp_path / "ends") == ["feed", "service", "broker", "database"]
    assert _alive(tmp_path) == []


def test_what_does_not_stop_is_killed_with_all_it_started(supervise: Run, tmp_path: Path) -> None:
    stubborn = NOTE + (
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "inner = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "note('pids', inner.pid)\ntime.sleep(600)\n"
    )
    children = [{"name": f"stubborn-{number}", "program": stubborn, "stop_timeout_s": 0.2} for number in range(3)]
    supervisor = supervise(*children)
    _wait_for_lines(tmp_path / "pids", 6)

    supervisor.send_signal(signal.SIGINT)

    assert supervisor.wait(10) == 0
    _wait_for(lambda: _alive(tmp_path) == [])
    assert "stubborn-0 did not stop in time; killing it" in (tmp_path / "said").read_text()


def test_all_together_stop_in_time_however_long_each_may_take(supervise: Run, tmp_path: Path) -> None:
    stubborn = NOTE + "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nnote('up', 1)\ntime.sleep(600)\n"
    children = [{"name": f"stubborn-{number}", "program": stubborn, "stop_timeout_s": 600} for number in range(4)]
    supervisor = supervise(*children, limits={"stop_within_s": 1.0})
    _wait_for_lines(tmp_path / "up", 4)

    supervisor.send_signal(signal.SIGINT)

    assert supervisor.wait(10) == 0
    assert _alive(tmp_path) == []


def test_asked_twice_it_waits_for_nobody(supervise: Run, tmp_path: Path) -> None:
    stubborn = NOTE + "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nnote('up', 1)\ntime.sleep(600)\n"
    supervisor = supervise(
        {"name": "first", "program": stubborn, "stop_timeout_s": 600},
        {"name": "second", "program": stubborn, "stop_timeout_s": 0.5},
    )
    _wait_for_lines(tmp_path / "up", 2)

    supervisor.send_signal(signal.SIGINT)
    time.sleep(0.1)  # two signals at the very same moment are one
    supervisor.send_signal(signal.SIGINT)

    assert supervisor.wait(5) == 0
    assert _alive(tmp_path) == []


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next start ends what was left")
def test_nothing_outlives_a_supervisor_that_is_killed(supervise: Run, tmp_path: Path) -> None:
    supervisor = supervise(*({"name": f"child-{number}", "program": SLEEP} for number in range(3)))
    _wait_for_lines(tmp_path / "pids", 3)

    supervisor.kill()

    _wait_for(lambda: _alive(tmp_path) == [])


def test_a_program_that_is_not_there_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    spec = Spec("missing", lambda: Command((str(tmp_path / "no-such-program"),)))

    with pytest.raises(ConfigurationError, match="no-such-program does not exist; run make setup"):
        Supervisor([spec], tmp_path, lambda _message: None).run(lambda: None)
