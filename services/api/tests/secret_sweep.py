"""Sweep for secrets: what the API writes while a test runs holds no password, cookie or token of that test."""

import json
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI

from mcm_api.access.parts import Access
from mcm_api.http.state import part_of
from mcm_api.testing.serving import a_client

from .access_helpers import audited, has_users, secrets_of

_TOKEN = re.compile(r"mcm_[0-9a-z]+_[\w-]{40,}")


@asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Runs an application and yields an anonymous client of it.

    At the end the audit trail, the log and the bodies of errors hold none of the secrets that it issued.
    """
    sweep = _Sweep(app)
    logging.getLogger().addHandler(sweep)
    try:
        async with app.router.lifespan_context(app), a_client(app) as client:
            client.event_hooks["response"].append(sweep.read)
            yield client
            if has_users(app):
                sweep.written.append(json.dumps(await audited(part_of(app, Access).engine), default=str))
    finally:
        logging.getLogger().removeHandler(sweep)
    written = "\n".join(sweep.written)
    assert [secret for secret in secrets_of(app) if secret in written] == []


class _Sweep(logging.Handler):
    def __init__(self, app: FastAPI) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter())
        self.written: list[str] = []
        self._app = app

    def emit(self, record: logging.LogRecord) -> None:
        self.written.append(self.format(record))

    async def read(self, response: httpx.Response) -> None:
        issued = [value for value in response.cookies.values() if len(value) >= 20]
        if response.is_error:
            self.written.append((await response.aread()).decode(errors="replace"))
        elif response.request.method == "POST" and response.request.url.path.endswith("/tokens"):
            issued += _TOKEN.findall((await response.aread()).decode())
        if issued:
            secrets_of(self._app).extend(issued)
