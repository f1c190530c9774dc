"""Process supervisor: keeps processes running, and stops them in order."""

import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from mcm_local.child import Backoff, Child, Spec

STOP_WITHIN_S = 9.5

_LOOK_EVERY_S = 0.1
_STILL_WAITING_AFTER_S = 10.0


class Supervisor:
    """Starts processes when their dependencies are ready, restarts crashed ones, stops all in reverse order."""

    def __init__(
        self,
        specs: Iterable[Spec],
        logs: Path,
        say: Callable[[str], None],
        *,
        started: Callable[[int], None] = lambda _pid: None,
        backoff: Backoff = Backoff(),  # noqa: B008 (it cannot change)
        stop_within_s: float = STOP_WITHIN_S,
    ) -> None:
        """Creates a supervisor of ``specs`` in start order, with a log folder and callbacks for messages and pids."""
        self._children = [Child(spec, logs, backoff, say, started) for spec in specs]
        self._stop_within_s = stop_within_s
        self._say = say
        self._asked_to_stop = threading.Event()
        self._times_asked = 0

    def run(self, when_ready: Callable[[], None]) -> None:
        """Runs until a signal or ``ask_to_stop``; calls ``when_ready`` once all processes were ready."""
        reported = False
        said: set[str] = set()
        waiting_since = time.monotonic()
        with self._signals():
            try:
                while not self._asked_to_stop.is_set():
                    ready = self._look()
                    for child in self._children:
                        if child.ready and child.spec.name not in said:
                            said.add(child.spec.name)
                            self._say(f"{child.spec.name} {'done' if child.spec.once else 'ready'}")
                            waiting_since = time.monotonic()
                    if not reported and len(ready) == len(self._children):
                        reported = True
                        when_ready()
                    elif not reported and time.monotonic() - waiting_since > _STILL_WAITING_AFTER_S:
                        waiting_since = time.monotonic()
                        self._say_what_is_missing()
                    self._asked_to_stop.wait(_LOOK_EVERY_S)
            finally:
                self._stop()

    def ask_to_stop(self) -> None:
        """Makes ``run`` stop all processes and return; a second call stops waiting for them."""
        self._times_asked += 1
        self._asked_to_stop.set()

    def _look(self) -> set[str]:
        for child in self._children:
            child.look({other.spec.name for other in self._children if other.ready})
        return {child.spec.name for child in self._children if child.ready}

    def _say_what_is_missing(self) -> None:
        missing = [child for child in self._children if child.was_started and not child.ready]
        self._say("; ".join(f"still waiting for {child.spec.name} (log: {child.log})" for child in missing))

    def _stop(self) -> None:
        deadline = time.monotonic() + self._stop_within_s
        for child in reversed(self._children):
            left = deadline - time.monotonic()
            child.stop(0 if self._times_asked > 1 else min(child.spec.stop_timeout_s, left))

    @contextmanager
    def _signals(self) -> Iterator[None]:
        def asked(_number: int, _frame: FrameType | None) -> None:
            self.ask_to_stop()

        before = {number: signal.signal(number, asked) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
