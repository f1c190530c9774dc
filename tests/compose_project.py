"""The composed system as a project of its own: its own names, ports, volumes, and nothing of the person's .env."""

import json
import os
import subprocess
from collections.abc import Sequence
from typing import Any

from mcm_local.checkout import CHECKOUT
from mcm_local.ports import LOOPBACK, free_port

FILES = ("docker-compose.yml", "tests/compose.yml")
PASSWORD = "only-for-tests"
_SERVICES = ("API", "ENRICHER", "INGESTOR", "NOTIFIER", "RULES_ENGINE")
_KEPT = ("PATH", "HOME", "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG")


class ComposeProject:
    """Runs ``docker compose`` on docker-compose.yml; Postgres is published too, for the tests to look into."""

    def __init__(self, name: str, **settings: str) -> None:
        """Takes the project's name and variables for docker-compose.yml."""
        self.name = name
        self._ports = {service: free_port() for service in ("api", "kafka", "postgres")}
        saved = {key: os.environ[key] for key in _KEPT if key in os.environ}
        self._environment = {
            **saved,
            "POSTGRES_PASSWORD": PASSWORD,
            **{f"POSTGRES_PASSWORD_{name}": f"{PASSWORD}-{name.lower()}" for name in _SERVICES},
            "MCM_AUTH": "off",
            "MCM_PUBLISH_API_PORT": str(self._ports["api"]),
            "MCM_PUBLISH_KAFKA_PORT": str(self._ports["kafka"]),
            "MCM_TEST_POSTGRES_PORT": str(self._ports["postgres"]),
            **settings,
        }

    @property
    def api_url(self) -> str:
        """Where the API is published."""
        return f"http://{LOOPBACK}:{self._ports['api']}"

    @property
    def kafka_servers(self) -> str:
        """Where Kafka's second listener is published."""
        return f"{LOOPBACK}:{self._ports['kafka']}"

    @property
    def postgres_url(self) -> str:
        """Where the database is published for tests."""
        return f"postgresql://mcm:{PASSWORD}@{LOOPBACK}:{self._ports['postgres']}/mcm"

    def build(self) -> None:
        """Builds the images."""
        self.compose("--profile", "demo", "build", "--quiet")

    def up(self, *services: str, scale: dict[str, int] | None = None) -> None:
        """Starts what does not run, and waits until it is well."""
        scales = [part for name, count in (scale or {}).items() for part in ("--scale", f"{name}={count}")]
        self.compose("up", "--detach", "--wait", "--no-recreate", *scales, *services)

    def down(self, *, volumes: bool) -> None:
        """Stops and removes the containers, and with ``volumes`` the data."""
        self.compose("down", "--timeout", "15", *(["--volumes"] if volumes else []))

    def containers(self, service: str) -> list[str]:
        """Lists the ids of a service's containers."""
        return self.compose("ps", "--all", "--quiet", service).split()

    def kill(self, service: str) -> None:
        """Ends a service's first container at once; ``up`` starts it again."""
        self.docker("kill", self.containers(service)[0])

    def crash(self, service: str) -> None:
        """Ends the processes of a service's first container, as running out of memory would."""
        self.docker("exec", self.containers(service)[0], "sh", "-c", "kill -9 -1")

    def state(self, container: str) -> dict[str, Any]:
        """Says how a container is, in Docker's words, with the count of its restarts."""
        (found,) = json.loads(self.docker("inspect", container))
        return {**found["State"], "RestartCount": found["RestartCount"]}

    def compose(self, *arguments: str) -> str:
        """Runs one command of ``docker compose`` and returns what it prints; raises RuntimeError when it fails."""
        files = [part for file in FILES for part in ("--file", str(CHECKOUT / file))]
        # an empty file instead of the person's .env
        return self._run(("docker", "compose", "--env-file", os.devnull, "-p", self.name, *files, *arguments))

    def docker(self, *arguments: str) -> str:
        """Runs one command of ``docker`` and returns what it prints; raises RuntimeError when it fails."""
        return self._run(("docker", *arguments))

    def _run(self, command: Sequence[str]) -> str:
        done = subprocess.run(command, env=self._environment, cwd=CHECKOUT, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
        return done.stdout
