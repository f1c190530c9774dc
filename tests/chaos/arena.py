"""The workers of a run of chaos, and what can be done to them and to what they stand on."""

import asyncio
import time
from collections.abc import Callable

from tests.chaos.proxy import Proxy
from tests.chaos.schedule import Step, Trouble
from tests.disposable_stack import DisposableStack
from tests.services import Service

_BEYOND_SESSION_S = 12.0
_SLOW_FOR_S = 2.0
_HANG_FOR_S = 4.0
_STOPS_WITHIN_S = 8.0

Start = Callable[[], Service]


class Arena:
    """Rules-engine workers and one enricher behind a proxy; ``start_worker`` and ``start_enricher`` start one more."""

    def __init__(self, stack: DisposableStack, proxy: Proxy, start_worker: Start, start_enricher: Start) -> None:
        self._stack = stack
        self._proxy = proxy
        self._start_worker = start_worker
        self._start_enricher = start_enricher
        self._workers = [start_worker(), start_worker()]
        self._enricher = start_enricher()
        self._stopping: list[asyncio.Task[None]] = []

    async def suffer(self, step: Step) -> None:
        """Lets one trouble happen, and heals what cannot heal by itself."""
        await asyncio.sleep(step.after_s)
        worker = self._workers[step.pick % len(self._workers)]
        match step.trouble:
            case Trouble.KILL_WORKER:
                worker.kill()
                self._replace(worker)
            case Trouble.STOP_WORKER:
                self._stop(worker)
                self._replace(worker)
            case Trouble.PAUSE_WORKER:
                worker.pause()
                await asyncio.sleep(_BEYOND_SESSION_S)
                worker.resume()
            case Trouble.MORE_WORKERS if len(self._workers) < 4:
                self._workers.append(self._start_worker())
            case Trouble.FEWER_WORKERS if len(self._workers) > 1:
                self._stop(worker)
                self._workers.remove(worker)
            case Trouble.KILL_ENRICHER:
                self._enricher.kill()
                self._enricher = self._start_enricher()
            case Trouble.RESTART_DATABASE | Trouble.KILL_DATABASE | Trouble.RESTART_BROKER | Trouble.KILL_BROKER:
                await asyncio.to_thread(self._restart_server, step.trouble)
            case Trouble.CUT_CONNECTIONS:
                self._proxy.cut()
            case Trouble.SLOW_CONNECTIONS:
                self._proxy.slow(True)
                await asyncio.sleep(_SLOW_FOR_S)
                self._proxy.slow(False)
            case Trouble.HANG_CONNECTIONS:
                self._proxy.hang(True)
                await asyncio.sleep(_HANG_FOR_S)
                # what hangs for long, something on the way throws away
                self._proxy.cut()
                self._proxy.hang(False)
            case _:
                pass

    def assert_none_ended_by_itself(self) -> None:
        """Asserts that every service that was not killed or stopped still runs."""
        ended = [each.log.name for each in (*self._workers, self._enricher) if not each.running]
        assert ended == []

    async def end(self) -> None:
        """Stops all services, and asserts that each stopped in time with exit code 0."""
        for each in (*self._workers, self._enricher):
            self._stop(each)
        await asyncio.gather(*self._stopping)

    def _stop(self, service: Service) -> None:
        asked = time.monotonic()
        prepared = '"event": "consuming"' in service.stderr()
        service.terminate()

        async def stopped() -> None:
            code = await asyncio.to_thread(service.wait, 60)
            took = time.monotonic() - asked
            # one that is only just starting is ended by the signal itself
            assert code == 0 or not prepared, f"{service.log.name} ended with {code}"
            assert took < _STOPS_WITHIN_S, f"{service.log.name} took {took:.1f} s to stop"

        self._stopping.append(asyncio.create_task(stopped()))

    def _replace(self, worker: Service) -> None:
        self._workers[self._workers.index(worker)] = self._start_worker()

    def _restart_server(self, trouble: Trouble) -> None:
        of_database = trouble in (Trouble.RESTART_DATABASE, Trouble.KILL_DATABASE)
        server = self._stack.postgres if of_database else self._stack.kafka
        if trouble in (Trouble.KILL_DATABASE, Trouble.KILL_BROKER):
            server.kill()
        else:
            server.stop()
        server.start()
