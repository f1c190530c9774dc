"""The API with settings of the enricher, and a model that never answers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI
from pydantic import SecretStr

from mcm_api.app import create_app
from mcm_api.settings import ApiSettings
from mcm_enricher import EnricherSettings
from mcm_shared.settings import DatabaseSettings

BASE_URL = "http://127.0.0.1:8000"
"""The default address, which is among the hosts that the API serves."""


@dataclass
class SilentModel:
    """A model's server that takes questions and never answers; ``asked`` is set by the first one."""

    url: str = ""
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    def settings(self) -> dict[str, Any]:
        """The variables that have findings explained by this model."""
        return {"OPENAI_API_KEY": "test-key", "OPENAI_BASE_URL": self.url, "OPENAI_MODEL": "test-model"}


def a_client(app: FastAPI) -> httpx.AsyncClient:
    """Makes a client that calls the app without a network."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url=BASE_URL)


@asynccontextmanager
async def serving(stored_in: str, **ai: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Runs an API with settings of the enricher, as one process would, and gives a client of it."""
    app = create_app(ApiSettings(), DatabaseSettings(DATABASE_URL=SecretStr(stored_in)), None, EnricherSettings(**ai))
    async with app.router.lifespan_context(app), a_client(app) as client:
        yield client
