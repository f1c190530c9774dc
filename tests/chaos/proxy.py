"""A TCP proxy on loopback whose connections can be made slow, held up, or cut."""

import asyncio
import contextlib
import threading
from typing import Self

_SLOW_S = 0.05


class Proxy:
    """Forwards connections to ``port`` of this machine from a port of its own, in a thread of its own."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._writers: set[asyncio.StreamWriter] = set()
        self._slow = False
        self._flowing = asyncio.Event()
        self._flowing.set()
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._serve, "127.0.0.1", 0), self._loop
        ).result()
        self.port = server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def slow(self, on: bool) -> None:
        """Makes every packet take longer, or no longer."""
        self._slow = on

    def hang(self, on: bool) -> None:
        """Holds everything back, new connections too, or lets it go on."""
        self._loop.call_soon_threadsafe(self._flowing.clear if on else self._flowing.set)

    def cut(self) -> None:
        """Breaks every connection off in the middle of whatever it carries."""
        self._loop.call_soon_threadsafe(self._abort_all)

    def _abort_all(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._target)
            await asyncio.gather(self._pump(reader, there_writer), self._pump(there_reader, writer))
        writer.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            with contextlib.suppress(OSError):
                while data := await reader.read(65536):
                    await self._flowing.wait()
                    if self._slow:
                        await asyncio.sleep(_SLOW_S)
                    writer.write(data)
                    await writer.drain()
        finally:
            self._writers.discard(writer)
            writer.close()
