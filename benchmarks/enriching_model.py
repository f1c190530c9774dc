"""What enriching 1,000 findings at once takes with a model that answers after 300 ms, 16 questions side by side."""

import asyncio
import multiprocessing
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Final

import orjson
import uvicorn
from pydantic import SecretStr
from sqlalchemy import insert
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks._stack import running_stack
from benchmarks.scoring import some_findings
from mcm_enricher.enrich import enrich_now
from mcm_enricher.explainers.model import ModelExplainer
from mcm_enricher.model.client import ModelClient
from mcm_enricher.model.openai import OpenAIChat
from mcm_enricher.store.findings import missing_ids
from mcm_shared.db.engine import create_engine, transaction
from mcm_shared.db.tables import FINDINGS
from mcm_shared.settings import DatabaseSettings
from mcm_shared.testing.stored_findings import row_of

COUNT: Final = 1_000
CONCURRENCY: Final = 16
ANSWERS_AFTER_S: Final = 0.3
TARGET_S: Final = 25.0
"""Seconds that it may take; the server alone takes 18.8."""

_SAID: Final = {
    "score": 75,
    "explanation": "person-1 was given administrator rights. Such rights reach everything. Ask who approved it first.",
    "drivers": ["administrator rights"],
    "confidence": "high",
}
_REPLY: Final = orjson.dumps(
    {
        "choices": [{"message": {"content": orjson.dumps(_SAID).decode()}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 700, "completion_tokens": 90},
    }
)


def main() -> None:
    """Prints how long it took, and how that compares with the target and with the server alone."""
    with _running_server() as url, running_stack() as stack:
        seconds, sources = asyncio.run(_enrich(stack.new_database(), url))
    floor = COUNT * ANSWERS_AFTER_S / CONCURRENCY
    print(f"{seconds:9.1f} s  {COUNT:,} findings ({floor:.1f} s of it are the server's; target {TARGET_S:.0f} s)")
    print(f"           explained by: {sources}")


async def _enrich(database_url: str, server_url: str) -> tuple[float, dict[str | None, int]]:
    engine = create_engine(DatabaseSettings(DATABASE_URL=SecretStr(database_url)))
    async with transaction(engine) as connection:
        await connection.execute(insert(FINDINGS), [row_of(finding) for finding in some_findings(COUNT)])
    ids = await missing_ids(engine, COUNT)
    model = OpenAIChat(api_key="benchmark", base_url=server_url, model="benchmark", timeout_s=20)
    # people are not made pseudonyms of here, so that every finding is a question of its own
    explainer = ModelExplainer(ModelClient(engine, model, concurrency=CONCURRENCY), "secrets")
    started = time.perf_counter()
    enriched = await enrich_now(engine, ids, explainer, concurrency=2 * CONCURRENCY, timeout_s=None)
    seconds = time.perf_counter() - started
    await explainer.close()
    await engine.dispose()
    sources: dict[str | None, int] = {}
    for finding in enriched:
        sources[finding.ai_source] = sources.get(finding.ai_source, 0) + 1
    return seconds, sources


@contextmanager
def _running_server() -> Iterator[str]:
    """Runs the model's server in a process of its own and gives its URL."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(there,), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        process.kill()


def _serve(publish: Connection) -> None:
    async def complete(request: Request) -> Response:
        await request.body()
        await asyncio.sleep(ANSWERS_AFTER_S)
        return Response(_REPLY, media_type="application/json")

    listening = socket.create_server(("127.0.0.1", 0), backlog=64)
    publish.send(f"http://127.0.0.1:{listening.getsockname()[1]}/v1")
    app = Starlette(routes=[Route("/v1/chat/completions", complete, methods=["POST"])])
    uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off")).run(sockets=[listening])


if __name__ == "__main__":
    main()
