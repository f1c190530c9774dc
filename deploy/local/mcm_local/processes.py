"""Child processes: each in a session of its own, its output in a file, and none outlives its parent."""

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

# To the kernel the parent is the thread that forked: a thread that lives as long as this process starts them all.
_LAUNCHER: Final = ThreadPoolExecutor(max_workers=1, thread_name_prefix="launcher")


@dataclass(frozen=True, slots=True)
class Command:
    """What to run: the program, its environment, and how it is told to end."""

    argv: tuple[str, ...]
    environment: Mapping[str, str] | None = None
    """None: this process's own."""
    ids: tuple[int, int] | None = None
    """User and group to run as; None: our own."""
    orphan_signal: int = signal.SIGKILL
    """What the kernel sends when we are gone without a word."""


def launch(command: Command, log: Path, *, results: Path | None = None) -> subprocess.Popen[bytes]:
    """Starts a command in a session of its own, so that Ctrl-C reaches only us.

    Its output is appended to ``log``, or what it writes to stdout to ``results``. Raises FileNotFoundError when there
    is no such program.
    """
    return _LAUNCHER.submit(_launch, command, log, results or log).result()


def signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    """Sends a signal to the process and what it started in its group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def ends_within(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Waits for the process to end; False when it still runs."""
    try:
        process.wait(max(seconds, 0))
    except subprocess.TimeoutExpired:
        return False
    return True


def trim_log(log: Path) -> None:
    """Keeps the end of a log that has grown, so that logs do not fill the disk over many starts."""
    if not log.exists() or log.stat().st_size <= _KEPT_LOG_BYTES:
        return
    with log.open("rb") as file:
        file.seek(-_KEPT_LOG_BYTES, os.SEEK_END)
        kept = file.read().partition(b"\n")[2]
    log.write_bytes(kept)


def last_lines(log: Path, count: int = 20) -> str:
    """Reads the end of a log, for the message about what failed."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:])


def poll_until(answers: Callable[[], bool], *, seconds: float, every: float = 0.05) -> bool:
    """Asks again and again until the answer is true; False when time is up."""
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
