"""A supervised process: started when its dependencies are ready, restarted when it dies."""

import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mcm_local.ports import ServerPort
from mcm_local.processes import Command, ends_within, launch, signal_group, trim_log
from mcm_shared.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Backoff:
    """Restart backoff: doubles with each failure, resets after a healthy run."""

    first_s: float = 0.5
    longest_s: float = 30.0
    healthy_after_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Spec:
    """Specification of a process: command, dependencies, readiness."""

    name: str
    command: Callable[[], Command]
    """Called before each start; also cleans up after a crashed process."""
    after: tuple[str, ...] = ()
    """Names of the processes that must have been ready once."""
    is_ready: Callable[[], bool] = lambda: True
    """Polled while the process runs, until it returns True."""
    port: ServerPort | None = None
    """Secured before each start; the process is ready only when it listens there itself."""
    once: bool = False
    """A one-off process: ready when it has exited with 0, restarted when it fails."""
    when_done: Callable[[], object] = lambda: None
    """Called when a ``once`` process has exited with 0."""
    stop_signal: int = signal.SIGTERM
    stop_timeout_s: float = 2.0


class Child:
    """The process of a specification, across restarts."""

    def __init__(
        self, spec: Spec, logs: Path, backoff: Backoff, say: Callable[[str], None], started: Callable[[int], None]
    ) -> None:
        self.spec = spec
        self.log = logs / f"{spec.name}.log"
        self.ready = False
        self.process: subprocess.Popen[bytes] | None = None
        self._backoff = backoff
        self._say = say
        self._started = started
        self._started_at = 0.0
        self._start_at = 0.0
        self._failures = 0
        trim_log(self.log)

    @property
    def was_started(self) -> bool:
        """Returns whether it was started at least once."""
        return self._started_at > 0

    def look(self, ready: set[str]) -> None:
        """Advances its state: starts it, detects readiness or exit; ``ready`` has the names of ready processes."""
        now = time.monotonic()
        if self.process is None:
            if now >= self._start_at and ready.issuperset(self.spec.after) and not (self.spec.once and self.ready):
                self._start(now)
        elif self.process.poll() is not None:
            self._ended(self.process.returncode, now)
        elif not self.ready and not self.spec.once and self.spec.is_ready() and self._has_its_port(self.process.pid):
            self.ready = True

    def stop(self, seconds: float) -> None:
        """Terminates it, and kills it and its process group after ``seconds``."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(self.spec.stop_signal)
            if not ends_within(self.process, seconds):
                self._say(f"{self.spec.name} did not stop in time; killing it")
        self.kill()

    def kill(self) -> None:
        """Kills it and its process group."""
        if self.process is not None:
            signal_group(self.process, signal.SIGKILL)
            self.process.wait()

    def _has_its_port(self, pid: int) -> bool:
        if self.spec.port is None:
            return True
        if not self.spec.port.is_served_by(pid):
            return False
        self.spec.port.keep()
        return True

    def _start(self, now: float) -> None:
        if self.spec.port is not None:
            self.spec.port.secure()
        command = self.spec.command()
        try:
            self.process = launch(command, self.log)
        except FileNotFoundError:
            raise ConfigurationError(f"{command.argv[0]} does not exist; run make setup") from None
        self._started(self.process.pid)
        self._started_at = now

    def _ended(self, code: int, now: float) -> None:
        self.kill()
        self.process = None
        if self.spec.once and code == 0:
            self.ready = True
            self.spec.when_done()
            return
        if now - self._started_at >= self._backoff.healthy_after_s:
            self._failures = 0
        delay = min(self._backoff.first_s * 2**self._failures, self._backoff.longest_s)
        self._failures += 1
        self._start_at = now + delay
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"exited with code {code}"
        self._say(f"{self.spec.name} {how}; restarting in {delay:g} s (log: {self.log})")
