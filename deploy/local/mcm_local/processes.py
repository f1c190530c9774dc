"""Child processes: each in its own session, output in a file, none outlives its parent."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mcm_local.privileges import become, die_with

_KEPT_LOG_BYTES: Final = 1024 * 1024

# The kernel's parent is the thread that forked: one long-lived thread starts all children.
_LAUNCHER: Final = ThreadPoolExecutor(max_workers=1, thread_name_prefix="launcher")


@dataclass(frozen=True, slots=True)
class Command:
    """A command: program, environment, and stop signal."""

    argv: tuple[str, ...]
    environment: Mapping[str, str] | None = None
    """None inherits this process's environment."""
    ids: tuple[int, int] | None = None
    """User and group to run as; None keeps the current ones."""
    orphan_signal: int = signal.SIGKILL
    """Signal that the kernel sends when this process dies."""


def launch(command: Command, log: Path, *, results: Path | None = None) -> subprocess.Popen[bytes]:
    """Starts a command in its own session, so that Ctrl-C reaches only this process.

    Output is appended to ``log``; stdout goes to ``results`` if given. Raises FileNotFoundError when the program does
    not exist.
    """
    return _LAUNCHER.submit(_launch, command, log, results or log).result()


def signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    """Sends a signal to the process group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def ends_within(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Waits for the process to exit; False if it is still running."""
    try:
        process.wait(max(seconds, 0))
    except subprocess.TimeoutExpired:
        return False
    return True


def trim_log(log: Path) -> None:
    """Truncates a large log to its end, so that logs do not fill the disk over many starts."""
    if not log.exists() or log.stat().st_size <= _KEPT_LOG_BYTES:
        return
    with log.open("rb") as file:
        file.seek(-_KEPT_LOG_BYTES, os.SEEK_END)
        retained = file.read().partition(b"\n")[2]
    log.write_bytes(retained)


def last_lines(log: Path, count: int = 20) -> str:
    """Reads the end of a log, for an error message."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:])


def poll_until(answers: Callable[[], bool], *, seconds: float, every: float = 0.05) -> bool:
    """Polls until the condition holds; False after the time-out."""
    deadline = time.monotonic() + seconds
    while not answers():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def _launch(command: Command, log: Path, results: Path) -> subprocess.Popen[bytes]:
    log.parent.mkdir(parents=True, exist_ok=True)
    parent = os.getpid()

    def prepare() -> None:
        if command.ids is not None:
            become(command.ids)
        die_with(parent, command.orphan_signal)

    with log.open("ab") as output, results.open("ab") as result_output:
        return subprocess.Popen(  # noqa: S603 (our own commands only)
            command.argv,
            env=command.environment,
            stdin=subprocess.DEVNULL,
            stdout=result_output,
            stderr=output,
            start_new_session=True,
            preexec_fn=prepare,
        )
