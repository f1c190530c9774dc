"""Runs Kafka and Postgres, or the whole product, until asked to stop."""

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from mcm_local.checkout import COMMANDS, JARS
from mcm_local.endpoints import Endpoints, remove_endpoints, write_client_settings, write_endpoints
from mcm_local.folder import Folder
from mcm_local.jars import fetch
from mcm_local.ports import ServerPort
from mcm_local.postgres import Postgres
from mcm_local.private_kafka import PrivateKafka
from mcm_local.product import Product
from mcm_local.settings import LocalSettings
from mcm_local.supervise import Supervisor

_USER = "you@example.com"
_EVENT = (
    """{"id":"try-'$(date +%s)'","source":"my-app","event_type":"storage_bucket_permission_changed","""
    f'"user":"{_USER}",'
    """"timestamp":"'$(date -u +%FT%TZ)'","""
    """"raw_data":{"bucket":"customer-exports","visibility":"public","old_visibility":"private"}}"""
)


class Progress:
    """Prints progress messages with the seconds since the start to stderr."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self, message: str) -> None:
        """Says one thing."""
        sys.stderr.write(f"[{time.monotonic() - self._began:6.1f} s] {message}\n")
        sys.stderr.flush()


def up(settings: LocalSettings, *, feed: bool) -> None:
    """Runs the whole product; returns when everything has stopped.

    Raises ConfigurationError when the folder is in use or a part cannot be started at all.
    """
    say = Progress()
    with _product(settings, say) as (folder, product):

        def when_ready() -> None:
            endpoints = product.endpoints()
            write_endpoints(folder.endpoints, endpoints)
            write_client_settings(folder.client_settings, product.client_settings())
            folder.save_ports(product.ports())
            say("everything is ready")
            _show(_how_to_use(endpoints, folder, requires_login=product.requires_login))
            if product.requires_login:
                _show(product.how_to_log_in())

        specs = [*product.servers(), *product.services(), *(product.feeds() if feed else [])]
        try:
            Supervisor(specs, folder.logs, say, started=folder.remember).run(when_ready)
        finally:
            remove_endpoints(folder.endpoints, folder.client_settings)


def stack(settings: LocalSettings) -> None:
    """Runs only Kafka and Postgres and prints the command that reads the settings to connect to them.

    Raises ConfigurationError when the folder is in use or a part cannot be started at all.
    """
    say = Progress()
    with _product(settings, say) as (folder, product):

        def when_ready() -> None:
            folder.save_ports(product.ports())
            write_client_settings(folder.client_settings, product.client_settings())
            _show(f". {_shortest(folder.client_settings)}")

        try:
            Supervisor(product.servers(), folder.logs, say, started=folder.remember).run(when_ready)
        finally:
            remove_endpoints(folder.client_settings)


@contextmanager
def _product(settings: LocalSettings, say: Progress) -> Iterator[tuple[Folder, Product]]:
    folder = Folder(settings.folder)
    with folder.held():
        remove_endpoints(folder.endpoints, folder.client_settings)
        fetch(JARS, say=say)
        ports = _ports(settings, folder.saved_ports(), say)
        kafka = PrivateKafka(folder.path / "kafka", ports["kafka"], jars=JARS)
        postgres = Postgres(folder.path / "postgres", ports["postgres"])
        yield folder, Product(kafka, postgres, ports["api"], folder.backlog_fed)
        say(f"all stopped; the data is kept in {folder.path}")


def _ports(settings: LocalSettings, saved: Mapping[str, int], say: Progress) -> dict[str, ServerPort]:
    # a port that the user has set comes first, then that of the last start, then the default
    return {
        name: ServerPort(
            owner,
            getattr(settings, f"{name}_port")
            if f"{name}_port" in settings.model_fields_set or name not in saved
            else saved[name],
            say,
        )
        for name, owner in (("kafka", "Kafka"), ("postgres", "Postgres"), ("api", "the API"))
    }


def _how_to_use(endpoints: Endpoints, folder: Folder, *, requires_login: bool) -> str:
    token = ' -H "Authorization: Bearer $TOKEN"' if requires_login else ""
    where = " (TOKEN: an API token from your account page)" if requires_login else ""
    push = f"(. {_shortest(folder.client_settings)}; {_shortest(COMMANDS / 'mcm-ingestor')} push)"
    return f"""
  dashboard  {endpoints.dashboard}
  API        {endpoints.api}/docs
  Kafka      {endpoints.kafka}
  database   its URL and the login of Kafka hold passwords: see {_shortest(folder.endpoints)}

Push an event (a bucket made public), then read its finding{where}:

  echo '{_EVENT}' | {push}
  curl -s{token} '{endpoints.api}/findings?user={_USER.replace("@", "%40")}&page_size=1'

Ctrl-C stops everything.
"""


def _shortest(path: Path) -> str:
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def _show(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
