"""What Kafka and Postgres have in common when run from a folder: prepare, start, answer, stop, kill."""

import signal
import subprocess
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from mcm_local.processes import Command, ends_within, last_lines, launch, poll_until, signal_group, trim_log
from mcm_shared.errors import ConfigurationError


class StartError(ConfigurationError):
    """Says that a server did not start, with the end of its log."""


class Server(ABC):
    """A server of this machine that keeps its data in one folder and listens on loopback only.

    May be stopped, killed and started again: same port, same data. Not for use by two processes at once.
    """

    name: ClassVar[str]
    start_timeout_s: ClassVar[float] = 60
    stop_timeout_s: ClassVar[float] = 10
    stop_signal: ClassVar[int] = signal.SIGTERM

    def __init__(self, folder: Path, port: int, log: Path | None) -> None:
        self.folder = folder.resolve()
        self.port = port
        self.log = log or self.folder / f"{self.name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def prepare(self) -> None:
        """Makes the data folder where it is missing, and clears away what a killed run left."""

    @abstractmethod
    def command(self) -> Command:
        """Says what to run; everything it needs was prepared."""

    @abstractmethod
    def answers(self) -> bool:
        """Says whether a client would be served now."""

    @property
    def pid(self) -> int | None:
        """The process, while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> None:
        """Starts the server and waits until it answers.

        Raises StartError with the end of its log when it does not.
        """
        if self.pid is not None:
            return
        self.prepare()
        trim_log(self.log)
        self._process = launch(self.command(), self.log)
        process = self._process
        poll_until(lambda: process.poll() is not None or self.answers(), seconds=self.start_timeout_s)
        if process.poll() is not None or not self.answers():
            self.kill()
            raise StartError(f"{self.name} did not start; the end of {self.log}:\n{last_lines(self.log)}")

    def stop(self) -> None:
        """Stops the server gracefully, and kills it when it takes too long."""
        if self._process is not None:
            self._process.send_signal(self.stop_signal)
            if not ends_within(self._process, self.stop_timeout_s):
                self.kill()

    def kill(self) -> None:
        """Ends the server at once, as a crash would (SIGKILL)."""
        if self._process is not None:
            signal_group(self._process, signal.SIGKILL)
            self._process.wait()
