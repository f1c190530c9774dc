"""A server with OpenAI's chat completions API that takes half a second for each response."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

RESPONSE_DELAY_S = 0.5
_REPLY = {
    "score": 77,
    "explanation": "A token with administrator rights was made. It reaches everything. Ask who approved it first.",
    "drivers": ["administrator rights"],
    "confidence": "high",
}


async def _complete(_: Request) -> JSONResponse:
    await asyncio.sleep(RESPONSE_DELAY_S)
    message = {"role": "assistant", "content": orjson.dumps(_REPLY).decode()}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    usage = {"prompt_tokens": 500, "completion_tokens": 100, "total_tokens": 600}
    reply = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "test-model"}
    return JSONResponse({**reply, "choices": [choice], "usage": usage})


@contextmanager
def running_slow_model() -> Iterator[str]:
    """Runs it in its own thread; yields the base URL."""
    app = Starlette(routes=[Route("/v1/chat/completions", _complete, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/v1"
    finally:
        server.should_exit = True
        thread.join(5)
