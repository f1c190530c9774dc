"""``endpoints.json``: addresses of the running product, for scripts."""

import json
import os
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Endpoints:
    """URLs of the API and the dashboard, Kafka's bootstrap servers and login, and a database URL for asyncpg."""

    api: str
    dashboard: str
    kafka: str
    kafka_login: dict[str, str]
    database: str


def write_endpoints(path: Path, endpoints: Endpoints) -> None:
    """Writes the file atomically, readable by its owner only: it contains passwords."""
    write_private(path, json.dumps(asdict(endpoints), indent=2) + "\n")


def write_client_settings(path: Path, settings: Mapping[str, str]) -> None:
    """Writes variables for a shell to read, into a file that only its owner can read."""
    write_private(path, "".join(f"export {name}={shlex.quote(value)}\n" for name, value in settings.items()))


def write_private(path: Path, text: str) -> None:
    """Writes a file atomically, readable by its owner only."""
    unfinished = path.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    unfinished.replace(path)


def remove_endpoints(*paths: Path) -> None:
    """Removes files, so that no script uses a stopped product."""
    for path in paths:
        path.unlink(missing_ok=True)
