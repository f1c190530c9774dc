"""The folder of a local stack: one run at a time, and nothing left over from a run that was killed."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import psutil

from mcm_shared.errors import ConfigurationError

_LEFTOVER_TIMEOUT_S = 5


class Folder:
    """Paths under the folder, who holds it, and which processes were started from it."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.logs = self.path / "logs"
        self.endpoints = self.path / "endpoints.json"
        self.backlog_fed = self.path / "backlog-fed"
        """There once the first start's events are in Kafka."""
        self._lock = self.path / "lock"
        self._pids = self.path / "pids"

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Holds the folder for this process; the system lets go of it however the process ends.

        Raises ConfigurationError when another process holds it.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        # events and passwords are nobody else's business
        self.path.chmod(0o700)
        with self._lock.open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                raise ConfigurationError(
                    f"a stack already runs in {self.path} (process {lock.read().strip() or 'unknown'}); stop that one "
                    "with Ctrl-C, or give this one another folder with --folder"
                ) from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            self._end_leftovers()
            yield
            self._pids.unlink(missing_ok=True)

    def remember(self, pid: int) -> None:
        """Notes a process we started, for a next run to end should we be killed."""
        with contextlib.suppress(psutil.NoSuchProcess), self._pids.open("a") as file:
            file.write(f"{pid} {psutil.Process(pid).create_time()}\n")

    def _end_leftovers(self) -> None:
        # Linux ends them with us; elsewhere they may still be there and hold ports and files
        if not self._pids.exists():
            return
        left: list[psutil.Process] = []
        for line in self._pids.read_text().splitlines():
            pid, _, created = line.partition(" ")
            with contextlib.suppress(psutil.Error, ValueError):
                process = psutil.Process(int(pid))
                # the number may have been given to another program since
                if process.create_time() == float(created):
                    process.terminate()
                    left.append(process)
        _, alive = psutil.wait_procs(left, timeout=_LEFTOVER_TIMEOUT_S)
        for process in alive:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self._pids.unlink(missing_ok=True)
