"""The API with an observer of its event loop: ``python -m tests.abuse.observed_api FILE`` logs each stall to a file."""

import asyncio
import sys
import time
from pathlib import Path

from mcm_api.serve import serve
from mcm_shared.cli import run_command
from mcm_shared.logs import configure_logs

EVERY_S = 0.01
_SHORTEST_S = 0.02


async def observe(path: Path) -> None:
    """Writes a line for each time that the loop was late: when, by how much, and the processor time meanwhile."""
    with path.open("ab", buffering=0) as file:
        while True:
            used, slept_at = time.process_time(), time.monotonic()
            await asyncio.sleep(EVERY_S)
            late = time.monotonic() - slept_at - EVERY_S
            if late > _SHORTEST_S:
                # a process that waits for a processor is late without any fault of its own
                file.write(f"{time.monotonic()} {late} {time.process_time() - used}\n".encode())


async def serve_observed() -> None:
    """Serves the API beside its observer."""
    observer = asyncio.create_task(observe(Path(sys.argv[1])))
    try:
        await serve()
    finally:
        observer.cancel()


if __name__ == "__main__":
    configure_logs("api")
    run_command(serve_observed)
