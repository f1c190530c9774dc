"""Bisection of a batch: finds the items that make the whole batch fail."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")
ErrorT = TypeVar("ErrorT", bound=Exception)


async def bisect_failures(
    items: Sequence[ItemT],
    work: Callable[[Sequence[ItemT]], Awaitable[ResultT]],
    error_type: type[ErrorT],
    reject: Callable[[ItemT, ErrorT], None],
) -> list[tuple[Sequence[ItemT], ResultT]]:
    """Runs ``work`` over all items and returns its result; halves the items while it raises ``error_type``.

    An item that fails alone goes to ``reject`` with its error. Returns the parts that succeeded with their results, in
    the order of the items; one part when nothing failed. ``work`` must undo itself when it fails. Any other error is
    raised to the caller.
    """
    if not items:
        return []
    try:
        return [(items, await work(items))]
    except error_type as error:
        if len(items) == 1:
            reject(items[0], error)
            return []
    middle = len(items) // 2
    first = await bisect_failures(items[:middle], work, error_type, reject)
    return first + await bisect_failures(items[middle:], work, error_type, reject)
