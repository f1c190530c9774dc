"""Every attack leaves the product within its limits and loses nothing; the findings stay those of the oracle.

``make abuse`` runs the attacks in full and prints the table (``NAMES="bodies streams"`` selects modules or attacks).
"""

import os
import secrets
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from mcm_local.processes import Command, launch
from mcm_shared.kafka.topics_admin import wait_for_topics
from mcm_shared.settings import KafkaSettings
from tests.abuse.attacks import batches, bodies, connections, files, names, streams
from tests.abuse.measure import Measured
from tests.abuse.product import Product, observed_api
from tests.chaos.arrivals import events_of
from tests.databases import Databases
from tests.pipeline import Pipeline
from tests.services import Service, url_of
from tests.stack import service_runner
from tests.threads import run

Attack = Callable[[Product], Awaitable[str]]

FULL: Final = os.environ.get("MCM_TEST_ABUSE") == "full"
SELECTED: Final = os.environ.get("MCM_TEST_ABUSE_NAMES", "").split()
SCALE: Final = 1.0 if FULL else 0.01
ATTEMPTS: Final = 3
"""Attempts in which an attack may stay within the limits of time: other programs take processor time too."""

_EVENTS: Final = 40_000 if FULL else 600
_MODULES: Final = (bodies, streams, batches, names, connections, files)


def attacks() -> Iterator[tuple[str, Attack]]:
    """All attacks, by module, or those selected."""
    for module in _MODULES:
        for name, attack in vars(module).items():
            if callable(attack) and getattr(attack, "__module__", "") == module.__name__ and not name.startswith("_"):
                kind = module.__name__.rpartition(".")[2]
                if not SELECTED or kind in SELECTED or name in SELECTED:
                    yield f"{kind}: {name.replace('_', ' ')}", attack


async def in_short(product: Product) -> str:
    """One attack of each kind after the other; the others have tests of their own beside the code they are about."""
    for attack in (
        bodies.costly_values,
        bodies.unfinished_bodies,
        streams.old_positions,
        batches.decompression_bombs,
        batches.events_of_many_values,
        names.crafted_addresses,
        connections.half_open_headers,
        connections.costly_headers,
    ):
        await attack(product)
    return "done"


@pytest.fixture
def product(
    databases: Databases, kafka_servers: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Product]:
    """The API and a rules-engine with topics and a database of their own."""
    url = databases.take()
    kafka = KafkaSettings(
        KAFKA_BOOTSTRAP_SERVERS=kafka_servers,
        MCM_TOPIC_PREFIX=f"test-{secrets.token_hex(6)}-",
        MCM_TOPIC_PARTITIONS=3,
    )
    pipeline = Pipeline(kafka, url)
    run(wait_for_topics(kafka))
    runner = service_runner(tmp_path, lambda: pipeline.environment, request.addfinalizer)
    stalls = tmp_path / "stalls"
    api = _start_api(pipeline, tmp_path, stalls)
    request.addfinalizer(api.kill)  # noqa: PT021 (also when the rules-engine does not start)
    engine = runner.run("mcm-rules-engine", "run")
    engine.wait_for_log("consuming")
    api.wait_for_log("following the findings")
    yield Product(pipeline, api, engine, url_of(api), stalls, SCALE, events_of(1, _EVENTS))
    databases.give_back(url)


def _start_api(pipeline: Pipeline, folder: Path, stalls: Path) -> Service:
    log, results = folder / "api.log", folder / "api.out"
    environment = {**pipeline.environment, "MCM_API_PORT": "0", "MCM_LOG_FORMAT": "json"}
    process = launch(Command((*observed_api(), str(stalls)), environment=environment), log, results=results)
    return Service(process, log, results)


@pytest.mark.timeout(3600 if FULL else 600)
async def test_attacks_exceed_no_limit_and_nothing_legitimate_is_lost(product: Product) -> None:
    excesses: list[str] = []
    for name, attack in attacks() if FULL else [("in short", in_short)]:
        for attempt in range(1, (ATTEMPTS if FULL else 1) + 1):
            failure = []
            async with product.measured() as measured:
                try:
                    measured.outcome = await attack(product)
                except AssertionError as error:
                    measured.outcome = f"failed: {error}"
                    failure = [measured.outcome]
            exceeded = failure + measured.excesses(timed=FULL)
            print(_row(f"{name}, attempt {attempt}" if attempt > 1 else name, measured), flush=True)
            if not exceeded:
                break
        excesses += [f"{name}: {each}" for each in exceeded]
    assert await product.differences_from_the_oracle() == []
    print(f"{len(product.pushed):,} legitimate events pushed and stored; the findings are the oracle's")
    assert excesses == []


def _row(name: str, measured: Measured) -> str:
    peaks = ", ".join(f"{process} {mib:4.0f} MiB" for process, mib in measured.peaks_mib.items())
    times = f"stall {measured.stall_s * 1000:4.0f} ms (late {measured.late_s * 1000:4.0f} ms), "
    times += f"health {measured.health_s * 1000:4.0f} ms (late {measured.health_late_s * 1000:4.0f} ms)"
    return f"{name:48} {peaks}; {times}; lost {measured.lost} of {measured.pushed}; {measured.outcome}"
