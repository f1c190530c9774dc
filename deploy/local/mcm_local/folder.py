"""Folder of a local stack: one run at a time, with cleanup after a killed run."""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil

from mcm_shared.errors import ConfigurationError

_LEFTOVER_TIMEOUT_S = 5


class Folder:
    """Paths in the folder, its lock, and the processes started from it."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.logs = self.path / "logs"
        self.endpoints = self.path / "endpoints.json"
        self.client_settings = self.path / "client.env"
        """Variables with which programs reach the servers, for a shell."""
        self.backlog_fed = self.path / "backlog-fed"
        """Exists once the events of the first start are in Kafka."""
        self._lock = self.path / "lock"
        self._pids = self.path / "pids"
        self._ports = self.path / "ports.json"

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Locks the folder for this process; the system releases the lock when the process ends.

        Raises ConfigurationError when another process has locked it.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        # events and passwords are private to this user
        self.path.chmod(0o700)
        with self._lock.open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                raise ConfigurationError(
                    f"a stack is already running in {self.path} (process {lock.read().strip() or 'unknown'}); stop it "
                    "with Ctrl-C, or use another folder with --folder"
                ) from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            self._end_leftovers()
            yield
            self._pids.unlink(missing_ok=True)

    def save_ports(self, ports: Mapping[str, int]) -> None:
        """Stores the ports of this start, so that the next one uses them again."""
        self._ports.write_text(json.dumps(ports))

    def saved_ports(self) -> dict[str, int]:
        """Reads the ports of the last start; empty at the first start or if the file is damaged."""
        try:
            ports = json.loads(self._ports.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return {name: port for name, port in ports.items() if isinstance(port, int)} if isinstance(ports, dict) else {}

    def remember(self, pid: int) -> None:
        """Records a child process, so that the next run can end it if this one is killed."""
        with contextlib.suppress(psutil.NoSuchProcess), self._pids.open("a") as file:
            file.write(f"{pid} {psutil.Process(pid).create_time()}\n")

    def _end_leftovers(self) -> None:
        # Linux ends them with us; elsewhere they may survive and hold ports and files
        if not self._pids.exists():
            return
        left: list[psutil.Process] = []
        for line in self._pids.read_text().splitlines():
            pid, _, created = line.partition(" ")
            with contextlib.suppress(psutil.Error, ValueError):
                process = psutil.Process(int(pid))
                # the pid may have been reused by another program
                if process.create_time() == float(created):
                    process.terminate()
                    left.append(process)
        _, alive = psutil.wait_procs(left, timeout=_LEFTOVER_TIMEOUT_S)
        for process in alive:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self._pids.unlink(missing_ok=True)
