"""Our commands as background processes of a test."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from mcm_local.checkout import COMMANDS
from mcm_local.processes import Command, last_lines, launch, signal_group

_SHOWN_LINES = 60


class Service:
    """One running command: signal it, wait for it, read what it wrote."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path, results: Path) -> None:
        self.process = process
        self.log = log
        """What it writes to stderr."""
        self._results = results

    @property
    def pid(self) -> int:
        """The process id, also that of its group."""
        return self.process.pid

    @property
    def running(self) -> bool:
        """Says whether it still runs."""
        return self.process.poll() is None

    def stderr(self) -> str:
        """Reads what it has logged so far."""
        return self.log.read_text(errors="replace")

    def stdout(self) -> str:
        """Reads the results it has written so far."""
        return self._results.read_text(errors="replace")

    def kill(self) -> None:
        """Ends it at once, as a crash would (SIGKILL)."""
        signal_group(self.process, signal.SIGKILL)
        self.process.wait()

    def terminate(self) -> None:
        """Asks it to stop (SIGTERM); ``wait`` says when it has."""
        self.process.send_signal(signal.SIGTERM)

    def pause(self) -> None:
        """Stops it in its tracks (SIGSTOP) until ``resume``."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Lets a paused one go on."""
        self.process.send_signal(signal.SIGCONT)

    def wait(self, seconds: float = 30) -> int:
        """Waits for its end and returns the exit code (negative: the signal that ended it); fails when time is up."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            pytest.fail(f"{self.log.stem} still runs after {seconds} s")

    def wait_for_log(self, text: str, seconds: float = 30) -> None:
        """Waits until it has logged ``text``; fails when it ends or time is up before."""
        deadline = time.monotonic() + seconds
        while text not in self.stderr():
            if not self.running or time.monotonic() > deadline:
                pytest.fail(f"{self.log.stem} did not log {text!r} within {seconds} s")
            time.sleep(0.05)


Start = Callable[[str, tuple[str, ...], Mapping[str, str], Path, Path], Service]
"""Starts a program with its arguments and environment; what it writes to stderr and stdout goes to the two files."""


def start_here(
    program: str, arguments: tuple[str, ...], environment: Mapping[str, str], log: Path, results: Path
) -> Service:
    """Starts a program of the virtual environment as a process."""
    command = Command((str(COMMANDS / program), *arguments), environment=environment)
    return Service(launch(command, log, results=results), log, results)


class ServiceRunner:
    """Starts commands for one test and ends them after it."""

    def __init__(
        self,
        folder: Path,
        environment: Callable[[], Mapping[str, str]],
        after_test: Callable[[Callable[[], None]], None],
        start: Start = start_here,
    ) -> None:
        """Takes the folder for logs, the environment, the exit stack of the test, and how one is started."""
        self._folder = folder
        self._start = start
        self._environment = environment
        self._after_test = after_test
        self._services: list[Service] = []

    def run(self, program: str, *arguments: str, env: Mapping[str, str] | None = None, **settings: str) -> Service:
        """Starts one of our commands; ``settings`` are variables added to the environment."""
        environment = {**(self._environment() if env is None else env), **settings}
        number = len(self._services)
        log = self._folder / f"{number}-{program}.log"
        results = self._folder / f"{number}-{program}.out"
        if not self._services:
            self._after_test(self.end_all)
        service = self._start(program, arguments, environment, log, results)
        self._services.append(service)
        return service

    def end_all(self) -> None:
        """Kills what still runs and prints the logs, which pytest shows for a failed test."""
        for service in self._services:
            service.kill()
            sys.stdout.write(f"--- {service.log.name} (exit {service.process.returncode})\n")
            sys.stdout.write(last_lines(service.log, _SHOWN_LINES) + "\n")


def url_of(service: Service) -> str:
    """Waits until an API listens and returns its URL."""
    service.wait_for_log("listening")
    line = next(line for line in service.stderr().splitlines() if '"listening"' in line)
    url: str = json.loads(line)["url"]
    return url
