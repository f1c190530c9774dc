"""Reading a JSON body from outside: the right type, not too large, in time, within the memory for all bodies."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import Request

from mcm_api.http.problems import ProblemError, retry_after
from mcm_api.http.state import part_of

SMALL_BYTES: Final = 64 * 1024
"""Bytes of each body that do not count as large: large bodies must not keep out small ones."""

MAX_SMALL_BYTES: Final = 16 * 1024 * 1024
"""Memory for the small bodies, and for the beginnings of large ones."""

_TIMEOUT_S: Final = 30


class BodyMemory:
    """Memory budget of request bodies: counts the bytes of all requests in progress, from arrival to response."""

    def __init__(self, max_large_bytes: int) -> None:
        self._left = {"small": MAX_SMALL_BYTES, "large": max_large_bytes}

    def has_room(self, size: int) -> bool:
        """Whether a body of this size would fit now."""
        return max(0, size - SMALL_BYTES) <= self._left["large"] and min(size, SMALL_BYTES) <= self._left["small"]

    @asynccontextmanager
    async def share(self) -> "AsyncIterator[BodyShare]":
        """Gives a request its share, which is returned at the end."""
        share = BodyShare(self)
        try:
            yield share
        finally:
            self.add(-share.size, share.size)

    def add(self, size: int, before: int) -> None:
        """Counts ``size`` more bytes of a body that had ``before``."""
        after = before + size
        self._left["small"] -= min(after, SMALL_BYTES) - min(before, SMALL_BYTES)
        self._left["large"] -= max(0, after - SMALL_BYTES) - max(0, before - SMALL_BYTES)

    @property
    def is_exceeded(self) -> bool:
        """Whether the bodies need more than there is."""
        return min(self._left.values()) < 0


class BodyShare:
    """Bytes of one request's body."""

    def __init__(self, memory: BodyMemory) -> None:
        self.size = 0
        self._memory = memory

    def grow(self, size: int) -> None:
        """Counts bytes that arrived; raises ProblemError 503 when there is no memory for them."""
        self._memory.add(size, self.size)
        self.size += size
        if self._memory.is_exceeded:
            raise _no_room()


@asynccontextmanager
async def read_json_body(request: Request, most_bytes: int, *, instead: str) -> AsyncIterator[bytes]:
    """Reads the body's bytes, which count as in progress meanwhile; ``instead`` is advice for over ``most_bytes``.

    Raises ProblemError: 415 when it is not said to be plain application/json, 413 when it is too large, 408 when it
    does not arrive in time, 503 when the bodies of other requests leave no memory for it.
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        sent = f"not {content_type[:100]}" if content_type else "and no type was given"
        raise ProblemError(415, f"The body must be application/json, {sent}: set the header Content-Type.")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise ProblemError(415, "The body must not be compressed: leave out the header Content-Encoding.")
    memory = part_of(request.app, BodyMemory)
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > most_bytes:
        raise _too_large(most_bytes, instead)
    if length.isdecimal() and not memory.has_room(int(length)):
        raise _no_room()
    async with memory.share() as share:
        chunks: list[bytes] = []
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                async for chunk in request.stream():
                    if share.size + len(chunk) > most_bytes:
                        raise _too_large(most_bytes, instead)
                    share.grow(len(chunk))
                    chunks.append(chunk)
        except TimeoutError:
            raise ProblemError(408, f"The body did not arrive within {_TIMEOUT_S} s.") from None
        body = b"".join(chunks)
        chunks.clear()
        yield body


def _too_large(most_bytes: int, instead: str) -> ProblemError:
    unit, size = ("MiB", 2**20) if most_bytes >= 2**20 else ("KiB", 2**10)
    return ProblemError(413, f"The body has more than {most_bytes // size} {unit}: {instead}.")


def _no_room() -> ProblemError:
    detail = "The API is reading as many bytes of request bodies as it may (MCM_API_MAX_BODY_BYTES); try again later."
    return ProblemError(503, detail, headers=retry_after())
