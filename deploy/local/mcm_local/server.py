"""Local server: the common life cycle of Kafka and Postgres (prepare, start, stop, kill)."""

import signal
import subprocess
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Final

from mcm_local.ports import ServerPort
from mcm_local.processes import Command, ends_within, last_lines, launch, poll_until, signal_group, trim_log
from mcm_shared.errors import ConfigurationError

_START_ATTEMPTS: Final = 3
_PORT_TAKEN: Final = "address already in use"


class StartError(ConfigurationError):
    """Raised when a server did not start; contains the end of its log."""


class Server(ABC):
    """A local server that keeps its data in one folder and listens on loopback only.

    Can be stopped, killed and restarted with the same port and data. Not for use by two processes at once.
    """

    name: ClassVar[str]
    start_timeout_s: ClassVar[float] = 60
    stop_timeout_s: ClassVar[float] = 10
    stop_signal: ClassVar[int] = signal.SIGTERM

    def __init__(self, folder: Path, port: ServerPort | None, log: Path | None) -> None:
        """Creates a server; without a port it picks a free one."""
        self.folder = folder.resolve()
        self.port = port or ServerPort(self.name)
        self.log = log or self.folder / f"{self.name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def prepare(self) -> None:
        """Creates the data folder if missing, and cleans up after a killed run."""

    @abstractmethod
    def command(self) -> Command:
        """Returns the command to run, after ``prepare``."""

    @abstractmethod
    def answers(self) -> bool:
        """Returns whether the server accepts clients."""

    @property
    def pid(self) -> int | None:
        """The running process."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> None:
        """Starts the server and waits until it accepts clients.

        Raises StartError with the end of its log if it does not.
        """
        if self.pid is not None:
            return
        for _ in range(_START_ATTEMPTS):
            self.port.secure()
            if self._is_started():
                self.port.keep()
                return
            end_of_log = last_lines(self.log)
            # unless a different program took the port between the check and the start, another attempt would fail too
            if _PORT_TAKEN not in end_of_log.lower():
                break
        raise StartError(f"{self.name} did not start; the end of {self.log}:\n{end_of_log}")

    def _is_started(self) -> bool:
        self.prepare()
        trim_log(self.log)
        self._process = process = launch(self.command(), self.log)

        def is_decided() -> bool:
            return process.poll() is not None or (self.answers() and self.port.is_served_by(process.pid))

        if poll_until(is_decided, seconds=self.start_timeout_s) and process.poll() is None:
            return True
        self.kill()
        return False

    def stop(self) -> None:
        """Stops the server gracefully, and kills it after a time-out."""
        if self._process is not None:
            self._process.send_signal(self.stop_signal)
            if not ends_within(self._process, self.stop_timeout_s):
                self.kill()

    def kill(self) -> None:
        """Kills the server, like a crash (SIGKILL)."""
        if self._process is not None:
            signal_group(self._process, signal.SIGKILL)
            self._process.wait()
