"""Loopback model server: the chat completions API, with correct and faulty replies; it records its requests."""

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from mcm_enricher.model.openai import OpenAIChat

EXPLANATION = "Somebody was given administrator rights at noon. Few people need such rights. Ask who approved it first."

Body = dict[str, Any]
Behave = Callable[[Body], Awaitable[Response]]


@dataclass
class ModelServer:
    """A running server: ``behave`` replies to each request; ``requests`` (parsed) and ``bodies`` are those received."""

    url: str = ""
    behave: Behave = field(default_factory=lambda: answering())
    requests: list[Body] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    most_at_once: int = 0
    _at_once: int = 0

    def chat(self, *, timeout_s: float = 5.0) -> OpenAIChat:
        """Creates a client of this server."""
        return OpenAIChat(api_key="test-key", base_url=self.url, model="test-model", timeout_s=timeout_s)

    async def handle(self, request: Request) -> Response:
        """Handles one request."""
        raw = await request.body()
        self.bodies.append(raw)
        self.requests.append(orjson.loads(raw))
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            return await self.behave(self.requests[-1])
        finally:
            self._at_once -= 1


def answer(score: int = 70, explanation: str = EXPLANATION, **said: Any) -> str:
    """Builds a reply that follows the schema."""
    drivers = ["administrator rights"]
    return orjson.dumps(
        {"score": score, "explanation": explanation, "drivers": drivers, "confidence": "high", **said}
    ).decode()


def completion(content: str | None, *, finish: str = "stop", refusal: str | None = None, usage: bool = True) -> Body:
    """Builds the response of the API around a reply."""
    message = {"role": "assistant", "content": content, "refusal": refusal}
    tokens = {"prompt_tokens": 500, "completion_tokens": 100, "total_tokens": 600}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "test-model-of-today",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        **({"usage": tokens} if usage else {}),
    }


def answering(content: str | None = None, *, after_s: float = 0.0, **protocol: Any) -> Behave:
    """Always sends the same reply."""

    async def behave(_: Body) -> Response:
        await asyncio.sleep(after_s)
        return json_response(completion(content or answer(), **protocol))

    return behave


def failing(status: int, message: str = "no", **headers: str) -> Behave:
    """Always sends the same error."""

    async def behave(_: Body) -> Response:
        body = {"error": {"message": message, "type": "error", "code": None}}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Response(orjson.dumps(body), status, named, "application/json")

    return behave


def sending(body: bytes, media_type: str = "application/json") -> Behave:
    """Always sends the same bytes."""

    async def behave(_: Body) -> Response:
        return Response(body, media_type=media_type)

    return behave


def cutting_off() -> Behave:
    """Closes the connection in the middle of a response."""

    async def behave(_: Body) -> Response:
        async def parts() -> AsyncIterator[bytes]:
            yield b'{"choices": [{"mess'
            raise ConnectionResetError

        return StreamingResponse(parts(), headers={"content-length": "5000"}, media_type="application/json")

    return behave


def in_turn(*behaviours: Behave) -> Behave:
    """Behaves in each of the ways in turn, then always in the last one."""
    left = list(behaviours)

    async def behave(body: Body) -> Response:
        return await (left.pop(0) if len(left) > 1 else left[0])(body)

    return behave


def json_response(body: Body) -> Response:
    """Builds a JSON response."""
    return Response(orjson.dumps(body), media_type="application/json")


@contextmanager
def running_model_server() -> Iterator[ModelServer]:
    """Runs a server in its own thread, on a free port."""
    model = ModelServer()
    app = Starlette(routes=[Route("/v1/chat/completions", model.handle, methods=["POST"])])
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, log_level="critical", lifespan="off", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    model.url = f"http://{host}:{port}/v1"
    try:
        yield model
    finally:
        server.should_exit = True
        with contextlib.suppress(RuntimeError):
            thread.join(5)
