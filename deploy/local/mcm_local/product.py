"""The product's processes on this machine, in start order."""

import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mcm_local.checkout import COMMANDS
from mcm_local.child import Spec
from mcm_local.endpoints import Endpoints
from mcm_local.ports import LOOPBACK, ServerPort, free_port
from mcm_local.postgres import Postgres
from mcm_local.private_kafka import PrivateKafka
from mcm_local.processes import Command
from mcm_local.server import Server

BACKLOG = ("generate", "--days", "30", "--count", "40000", "--to", "kafka")
# slow enough that a normal hour is not a burst of activity
TRICKLE = ("generate", "--rate", "0.2", "--to", "kafka")

_SERVICES = ("rules-engine", "enricher", "api")
_WITH_CHANNELS = "notifier"


@dataclass(frozen=True, slots=True)
class Product:
    """The product's processes and their commands."""

    kafka: PrivateKafka
    postgres: Postgres
    api_port: ServerPort
    backlog_fed: Path

    @property
    def api_url(self) -> str:
        """URL of the API."""
        return f"http://{LOOPBACK}:{self.api_port.number}"

    def endpoints(self) -> Endpoints:
        """All addresses; known once Postgres was started."""
        return Endpoints(
            api=self.api_url,
            dashboard=f"{self.api_url}/app/",
            kafka=self.kafka.bootstrap_servers,
            kafka_login=self.kafka.client_settings,
            database=self.postgres.url,
        )

    def client_settings(self) -> dict[str, str]:
        """Variables with which our programs reach Kafka and Postgres; they hold passwords."""
        return {
            "DATABASE_URL": self.postgres.url,
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka.bootstrap_servers,
            **self.kafka.client_settings,
        }

    @property
    def requires_login(self) -> bool:
        """Whether the API runs with authentication (MCM_AUTH=on in the user's environment)."""
        return self._environment()["MCM_AUTH"] == "on"

    def how_to_log_in(self) -> str:
        """Asks the API for a setup link while there are no users, and says where to log in otherwise."""
        command = self._command("mcm-api", "users", "setup-link", "--url", self.api_url)()
        done = subprocess.run(  # noqa: S603 (our own command)
            command.argv, env=command.environment, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            return f"  Log in at {self.api_url}/app/"
        return f"  Create the first administrator, within 24 hours:\n\n  {done.stdout.strip()}"

    def ports(self) -> dict[str, int]:
        """Ports in use, by server."""
        return {
            "kafka": self.kafka.port.number,
            "postgres": self.postgres.port.number,
            "api": self.api_port.number,
        }

    def servers(self) -> list[Spec]:
        """Postgres and Kafka; the last to stop."""
        return [
            _server(self.postgres, stop_timeout_s=2.0),
            _server(self.kafka, stop_timeout_s=2.5),
        ]

    def services(self) -> list[Spec]:
        """The migration, then every service."""
        names = (*_SERVICES, _WITH_CHANNELS) if os.environ.get("MCM_CHANNELS_PATH") else _SERVICES
        ports = {name: free_port() for name in names}
        ready: dict[str, Callable[[], bool]] = {
            name: _answers(f"http://{LOOPBACK}:{port}/metrics") for name, port in ports.items()
        }
        ready["api"] = lambda: _answers(f"{self.api_url}/ready")()
        migration = Spec("migrate", self._command("mcm-migrate"), after=("postgres",), once=True)
        return [
            migration,
            *(
                Spec(
                    name,
                    self._command(f"mcm-{name}", "run", MCM_METRICS_PORT=str(ports[name])),
                    after=("migrate", "kafka"),
                    is_ready=ready[name],
                    port=self.api_port if name == "api" else None,
                    stop_timeout_s=1.5,
                )
                for name in names
            ),
        ]

    def feeds(self) -> list[Spec]:
        """A month of events at the first start, then a steady trickle; the first to stop."""
        backlog = Spec(
            "backlog",
            self._command("mcm-ingestor", *BACKLOG),
            after=_SERVICES,
            once=True,
            when_done=self.backlog_fed.touch,
            stop_timeout_s=1.0,
        )
        first = [] if self.backlog_fed.exists() else [backlog]
        after = tuple(spec.name for spec in first) or _SERVICES
        return [*first, Spec("feed", self._command("mcm-ingestor", *TRICKLE), after=after, stop_timeout_s=1.0)]

    def _command(self, program: str, *arguments: str, **settings: str) -> Callable[[], Command]:
        return lambda: Command((str(COMMANDS / program), *arguments), environment={**self._environment(), **settings})

    def _environment(self) -> dict[str, str]:
        # credentials and addresses of the user's other clusters do not apply here
        retained = {name: value for name, value in os.environ.items() if not name.startswith("KAFKA_")}
        return {
            "MCM_LOG_FORMAT": "console",
            "MCM_AUTH": "off",
            **retained,
            **self.client_settings(),
            "MCM_API_HOST": LOOPBACK,
            "MCM_API_PORT": str(self.api_port.number),
            "MCM_METRICS_PORT": "0",
        }


def _server(server: Server, *, stop_timeout_s: float) -> Spec:
    def command() -> Command:
        server.prepare()
        return server.command()

    return Spec(
        server.name,
        command,
        is_ready=server.answers,
        port=server.port,
        stop_signal=server.stop_signal,
        stop_timeout_s=stop_timeout_s,
    )


def _answers(url: str) -> Callable[[], bool]:
    def ask() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=1) as response:  # noqa: S310 (http on loopback)
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    return ask
