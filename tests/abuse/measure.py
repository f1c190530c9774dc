"""Measurements of processes: peak memory, stalls of the event loop, latency of health checks."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

MAX_MEMORY_MIB: Final = 512
MAX_STALL_S: Final = 0.25
MAX_HEALTH_S: Final = 1.0
EVERY_S: Final = 0.02


@dataclass
class Measured:
    """What an attack did to the product."""

    outcome: str = ""
    peaks_mib: dict[str, float] = field(default_factory=dict)
    """Peak of the resident memory by process."""
    stall_s: float = 0.0
    """Longest stall of the API's loop by its own work: lateness, or the processor time of the process if less."""
    late_s: float = 0.0
    """Longest lateness of the API's loop, waiting for a processor included."""
    health_s: float = 0.0
    """Slowest health check by the API's own work: its latency, or the processor time of the process if less."""
    health_late_s: float = 0.0
    """Slowest health check by the clock, waiting for a processor included."""
    failed_checks: int = 0
    pushed: int = 0
    lost: int = 0

    def excesses(self, *, timed: bool) -> list[str]:
        """Lists the limits that were exceeded; those of time only when they are measured in earnest."""
        found = [f"{name} took {mib:.0f} MiB" for name, mib in self.peaks_mib.items() if mib > MAX_MEMORY_MIB]
        if self.lost:
            found.append(f"{self.lost} events were lost")
        if timed and self.failed_checks:
            found.append(f"{self.failed_checks} health checks failed")
        if timed and self.stall_s > MAX_STALL_S:
            found.append(f"the loop stalled for {self.stall_s * 1000:.0f} ms")
        if timed and self.health_s > MAX_HEALTH_S:
            found.append(f"a health check took {self.health_s:.2f} s")
        return found


def reset_peak(pid: int) -> None:
    """Lets the peak of a process begin at what it holds now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak_mib(pid: int) -> float:
    """Peak of a process's resident memory since its start or reset."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def stalls_since(file: Path, since: float) -> tuple[float, float]:
    """The longest stall by the process's own work, and the longest lateness, since a time of the monotonic clock."""
    lines = [tuple(map(float, line.split())) for line in file.read_text().splitlines()] if file.exists() else []
    late = [(min(lateness, used), lateness) for at, lateness, used in lines if at >= since]
    return max((own for own, _ in late), default=0.0), max((lateness for _, lateness in late), default=0.0)


@asynccontextmanager
async def probed(url: str, pid: int, measured: Measured) -> AsyncIterator[None]:
    """Checks the health from another process meanwhile."""
    command = (sys.executable, "-m", "tests.abuse.probe", url, str(pid))
    pipe = asyncio.subprocess.PIPE
    probe = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    try:
        yield
    finally:
        printed, _ = await probe.communicate(b"")
    own, late, failed = printed.split()
    measured.health_s, measured.health_late_s, measured.failed_checks = float(own), float(late), int(failed)


async def run_measured(command: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str, float]:
    """Runs a command to its end; returns its exit code, what it wrote to stderr, and its peak of memory in MiB."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=pipe
    )
    reading = asyncio.create_task(process.communicate())
    peak = 0.0
    while not reading.done():
        peak = max(peak, _peak_if_there(process.pid))
        await asyncio.sleep(EVERY_S)
    _, written = await reading
    assert process.returncode is not None
    return process.returncode, written.decode(errors="replace"), peak


def _peak_if_there(pid: int) -> float:
    try:
        # a process that has not begun its command yet shows the memory of its parent
        if Path(f"/proc/{pid}/cmdline").read_bytes() == Path("/proc/self/cmdline").read_bytes():
            return 0.0
        return peak_mib(pid)
    except (OSError, StopIteration):
        return 0.0


def now() -> float:
    """The clock of the observers: the same in every process of the machine."""
    return time.monotonic()
