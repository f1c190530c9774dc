"""Work of fixtures in a thread of its own: the test's event loop, if it has one, is none of a fixture's business."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

ResultT = TypeVar("ResultT")


def call(job: Callable[[], ResultT]) -> ResultT:
    """Calls a function that may run an event loop of its own."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(job).result()


def run(job: Coroutine[Any, Any, ResultT]) -> ResultT:
    """Runs a coroutine to its end."""
    return call(lambda: asyncio.run(job))
