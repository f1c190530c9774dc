"""The product under test: its running services and the URL of its API."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.pipeline import Pipeline, until
from tests.services import Service, url_of

RunService = Callable[..., Service]

READY = {"mcm-rules-engine": "consuming", "mcm-enricher": "consuming", "mcm-api": "listening"}
"""What a service logs once it works."""


@dataclass
class Product:
    """Running services on one pipeline."""

    pipeline: Pipeline
    url: str
    services: dict[str, Service] = field(default_factory=dict)

    async def get(self, path: str, **query: Any) -> Any:
        """Reads from the API."""
        async with httpx.AsyncClient(base_url=self.url) as client:
            return (await client.get(path, params=query)).raise_for_status().json()

    async def settled(self, *, enriched: bool = True) -> None:
        """Waits until everything pushed so far was evaluated, and scored too unless ``enriched`` is False."""
        await until(self.pipeline.is_idle, what="every event is evaluated", every=0.2)
        if enriched:
            await until(self._enriched, what="every finding is enriched", every=0.2)

    async def _enriched(self) -> bool:
        return await self.pipeline.is_idle("enricher") and await self.pipeline.count_unenriched() == 0


async def start_product(run: RunService, pipeline: Pipeline, *names: str, port: int = 0, **settings: str) -> Product:
    """Starts the named services and waits until they are ready."""
    services = {}
    for name in names:
        services[name] = run(name, "run", env=pipeline.environment, MCM_API_PORT=str(port), **settings)
    for name, service in services.items():
        await asyncio.to_thread(service.wait_for_log, READY[name], 60)
    return Product(pipeline, url_of(services["mcm-api"]), services)
