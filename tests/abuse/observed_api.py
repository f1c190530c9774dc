"""The API with an observer of its event loop: ``python -m tests.abuse.observed_api FILE`` logs each stall to a file."""

import asyncio
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Final

from mcm_api.serve import serve
from mcm_shared.cli import run_command
from mcm_shared.logs import configure_logs

EVERY_S = 0.01
_SHORTEST_S = 0.02
_LONG_S: Final = 0.25


class Observer:
    """Watches the event loop from inside, and from a thread that sees what runs while the loop is stalled."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen_at = time.monotonic()
        self._loop_thread = threading.get_ident()

    async def observe(self) -> None:
        """Writes a line for each time that the loop was late: when, by how much, and the processor time meanwhile."""
        threading.Thread(target=self._write_stacks, daemon=True).start()
        with self._path.open("ab", buffering=0) as file:
            while True:
                used, slept_at = time.process_time(), time.monotonic()
                self._seen_at = slept_at
                await asyncio.sleep(EVERY_S)
                late = time.monotonic() - slept_at - EVERY_S
                if late > _SHORTEST_S:
                    # a process that waits for a processor is late without any fault of its own
                    file.write(f"{time.monotonic()} {late} {time.process_time() - used}\n".encode())

    def _write_stacks(self) -> None:
        with self._path.with_suffix(".stacks").open("a", buffering=1) as file:
            while True:
                time.sleep(_LONG_S)
                late = time.monotonic() - self._seen_at
                frame = sys._current_frames().get(self._loop_thread)
                if late > _LONG_S and frame is not None:
                    file.write(f"stalled for {late:.2f} s\n{''.join(traceback.format_stack(frame)[-12:])}\n")


async def serve_observed() -> None:
    """Serves the API beside its observer."""
    observer = asyncio.create_task(Observer(Path(sys.argv[1])).observe())
    try:
        await serve()
    finally:
        observer.cancel()


if __name__ == "__main__":
    configure_logs("api")
    run_command(serve_observed)
