"""Tuning of the C allocator: freed memory is returned to the system."""

import asyncio
import ctypes
import sys
from typing import Any, Final

# parameters of mallopt(3)
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8

_MAPPED_FROM_BYTES: Final = 64 * 1024
_ARENAS: Final = 2
_TRIM_EVERY_S: Final = 10.0


def return_freed_memory() -> None:
    """Has glibc map large blocks by themselves, keep few arenas, and trim them; elsewhere it does nothing.

    By default glibc raises the size from which it maps blocks to that of the largest block freed so far, up to 32 MiB.
    After a few large request bodies, later ones come from the heap, and what small blocks lie between them keeps the
    memory of all. It also has an arena for each thread, of which none is returned while a block of it is in use.
    """
    mallopt = _function("mallopt")
    if mallopt is None:
        return
    mallopt(_M_ARENA_MAX, _ARENAS)
    # to set either of the two stops the adjustment
    mallopt(_M_MMAP_THRESHOLD, _MAPPED_FROM_BYTES)
    mallopt(_M_TRIM_THRESHOLD, 2 * _MAPPED_FROM_BYTES)


def trim_heap() -> None:
    """Returns free pages in the middle of the heap to the system; glibc itself returns only those at its end.

    This takes a few milliseconds, during which other threads run.
    """
    trim = _function("malloc_trim")
    if trim is not None:
        trim(0)


async def keep_heap_trimmed() -> None:
    """Trims the heap every ten seconds until cancelled, so that the memory of a thousand clients goes when they do."""
    while True:
        await asyncio.sleep(_TRIM_EVERY_S)
        await asyncio.to_thread(trim_heap)


def _function(name: str) -> Any:
    """Returns a function of glibc by its name; None where there is no glibc."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform.startswith("linux") else None
