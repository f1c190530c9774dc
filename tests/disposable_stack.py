"""A Kafka and a Postgres to kill and restart, shared by tests that each take a database and a prefix of their own."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from mcm_local.checkout import JARS
from mcm_local.kafka import Kafka
from mcm_local.postgres import Postgres
from mcm_shared.db.migrate import upgrade
from mcm_shared.settings import KafkaSettings
from tests.databases import execute
from tests.threads import call, run

# a killed process loses nothing that it has handed to the system; only a power cut would
_FAST = {"fsync": "off", "full_page_writes": "off"}
_PARTITIONS = 6


class DisposableStack:
    """Kafka and Postgres with their data in ``folder``; a test that kills one restarts it."""

    def __init__(self, folder: Path) -> None:
        self.kafka = Kafka(folder / "kafka", jars=JARS)
        self.postgres = Postgres(folder / "postgres", settings=_FAST)

    def start(self) -> None:
        """Starts what does not run."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda server: server.start(), (self.kafka, self.postgres)))

    def kill(self) -> None:
        """Ends both at once."""
        self.kafka.kill()
        self.postgres.kill()

    def new_database(self) -> str:
        """Makes a migrated, empty database and returns its URL."""
        name = f"own_{secrets.token_hex(6)}"
        run(execute(self.postgres.url, f"CREATE DATABASE {name}"))
        url = urlunsplit(urlsplit(self.postgres.url)._replace(path=f"/{name}"))
        call(lambda: upgrade(url))
        return url

    def new_topics(self) -> KafkaSettings:
        """Names private topics and groups; the services create them."""
        return KafkaSettings(
            KAFKA_BOOTSTRAP_SERVERS=self.kafka.bootstrap_servers,
            MCM_TOPIC_PREFIX=f"own-{secrets.token_hex(6)}-",
            MCM_TOPIC_PARTITIONS=_PARTITIONS,
        )
