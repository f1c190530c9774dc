"""Parts of the running application, made once at start and found by their type."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from fastapi import FastAPI, Request

PartT = TypeVar("PartT")


def provide(app: FastAPI, *parts: object) -> None:
    """Registers parts for the dependencies of routes, each by its own type."""
    registered: dict[type[object], object] = getattr(app.state, "parts", {})
    app.state.parts = {**registered, **{type(part): part for part in parts}}


def part_of(app: FastAPI, kind: type[PartT]) -> PartT:
    """Finds a part of the application; raises KeyError when it was not provided."""
    part: PartT = app.state.parts[kind]
    return part


def provided(kind: type[PartT]) -> Callable[[Request], Awaitable[PartT]]:
    """Makes the dependency that gives a route the application's part of this type."""

    # async although it awaits nothing: FastAPI runs other dependencies in a thread, which costs more than most requests
    async def find(request: Request) -> PartT:
        return part_of(request.app, kind)

    return find
