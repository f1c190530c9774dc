"""The folder of a stack: held by one run at a time, cleared of what a killed one left."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from mcm_local.folder import Folder
from mcm_shared.errors import ConfigurationError

HOLD = """
import pathlib, sys, time
from mcm_local.folder import Folder
with Folder(pathlib.Path(sys.argv[1])).held():
    print("held", flush=True)
    time.sleep(600)
"""
SLEEP = "import time; time.sleep(600)"

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def python() -> Iterator[Start]:
    """Starts a Python program that is ended after the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(program: str, *arguments: str) -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen([sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_a_second_run_in_the_same_folder_is_refused_and_told_who_has_it(python: Start, tmp_path: Path) -> None:
    first = python(HOLD, str(tmp_path))
    assert first.stdout is not None
    first.stdout.readline()

    with pytest.raises(ConfigurationError, match=rf"is already running in {tmp_path} \(process {first.pid}\)"):
        Folder(tmp_path).held().__enter__()

    first.kill()
    first.wait()
    with Folder(tmp_path).held():
        pass


def test_what_a_killed_run_left_behind_is_ended(python: Start, tmp_path: Path) -> None:
    orphan = python(SLEEP)
    killed = Folder(tmp_path)
    killed.remember(orphan.pid)

    with Folder(tmp_path).held():
        assert not psutil.pid_exists(orphan.pid)


def test_a_process_that_only_got_the_same_number_is_left_alone(python: Start, tmp_path: Path) -> None:
    other = python(SLEEP)
    (tmp_path / "pids").write_text(f"{other.pid} {psutil.Process(other.pid).create_time() - 100}\n")

    with Folder(tmp_path).held():
        assert other.poll() is None


def test_nobody_else_may_look_inside(tmp_path: Path) -> None:
    with Folder(tmp_path / "new").held():
        assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
