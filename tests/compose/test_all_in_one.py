"""The one container that holds api, rules-engine and enricher, beside the composed Kafka and Postgres."""

import os
import secrets
import subprocess
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import httpx
import pytest

from mcm_local.checkout import CHECKOUT
from mcm_local.ports import LOOPBACK, free_port
from mcm_shared.testing.builders import an_event_payload
from tests.pipeline import until

IMAGE = "mini-compliance-monitor/all-in-one"
CONFINED = ("--init", "--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--security-opt=no-new-privileges")
PROCESSES = ("mcm-api", "mcm-rules-engine", "mcm-enricher")

pytestmark = pytest.mark.timeout(600)


def docker(*arguments: str, check: bool = True, settings: Mapping[str, str] | None = None) -> str:
    environment = {**os.environ, **(settings or {})}
    done = subprocess.run(
        ("docker", *arguments), env=environment, cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert not check or done.returncode == 0, done.stderr
    # services log to standard error
    return (done.stdout + done.stderr if arguments[0] == "logs" else done.stdout).strip()


@pytest.fixture(scope="module")
def image() -> str:
    """Built as the other images are, by docker compose, which needs no other builder."""
    build = f"{{context: {CHECKOUT}, dockerfile: deploy/Dockerfile, args: {{SERVICE: all-in-one}}}}"
    document = f"services: {{all-in-one: {{image: {IMAGE}, build: {build}}}}}"
    done = subprocess.run(
        ("docker", "compose", "-p", "mcm-all-in-one", "-f", "-", "build", "-q"), input=document, text=True, check=False
    )
    assert done.returncode == 0
    return IMAGE


@pytest.fixture
def container(image: str, service_env: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Its name and the URL of its API."""
    name, port = f"mcm-test-{secrets.token_hex(6)}", str(free_port())
    settings = {
        **{key: value for key, value in service_env.items() if key.startswith(("MCM_", "KAFKA_", "DATABASE_URL"))},
        "MCM_API_HOST": LOOPBACK,
        "MCM_API_PORT": port,
        "MCM_METRICS_HOST": LOOPBACK,
    }
    del settings["MCM_METRICS_PORT"]
    variables = [f"--env={key}" for key in settings]
    docker("run", "--detach", f"--name={name}", "--network=host", *CONFINED, *variables, image, settings=settings)
    yield name, f"http://{LOOPBACK}:{port}"
    print(docker("logs", name, check=False))
    docker("rm", "--force", name)


async def answers(url: str, path: str) -> bool:
    async with httpx.AsyncClient(base_url=url) as client:
        try:
            return (await client.get(path)).status_code == 200
        except httpx.TransportError:
            return False


async def test_an_event_posted_to_it_is_a_scored_finding_and_it_stops_when_asked(container: tuple[str, str]) -> None:
    name, url = container
    await until(lambda: answers(url, "/ready"), 180, "it is ready")
    event = an_event_payload(
        event_type="api_token_created", user="mona@example.com", scopes=["admin:*"], timestamp=datetime.now(UTC)
    )
    async with httpx.AsyncClient(base_url=url) as client:
        posted = await client.post("/events", content=event, headers={"Content-Type": "application/json"})
        assert posted.status_code == 202

        async def scored() -> bool:
            items = (await client.get("/findings")).json()["items"]
            return bool(items) and all(item["ai_explanation"] for item in items)

        await until(scored, what="the event is a scored finding")

    docker("stop", "--time=15", name)
    assert docker("inspect", "--format={{.State.ExitCode}}", name) == "0"


@pytest.mark.parametrize("process", PROCESSES)
async def test_when_one_of_them_dies_it_ends_for_the_host_to_start_it_again(
    container: tuple[str, str], process: str
) -> None:
    name, url = container
    await until(lambda: answers(url, "/ready"), 180, "it is ready")
    # the brackets keep the search from finding itself
    find = f"grep -la '[m]{process.removeprefix('m')}' /proc/[0-9]*/cmdline | cut -d/ -f3"

    docker("exec", name, "sh", "-c", f"kill -9 $({find})", check=False)

    async def ended() -> bool:
        return docker("inspect", "--format={{.State.Running}}", name) == "false"

    await until(ended, what="the container has ended")
    assert docker("inspect", "--format={{.State.ExitCode}}", name) != "0"
