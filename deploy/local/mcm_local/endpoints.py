"""``endpoints.json``: addresses of the running product, for scripts."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Endpoints:
    """URLs of the API and the dashboard, Kafka's bootstrap servers, and a database URL for asyncpg."""

    api: str
    dashboard: str
    kafka: str
    database: str


def write_endpoints(path: Path, endpoints: Endpoints) -> None:
    """Writes the file atomically, readable by its owner only: the database URL contains a password."""
    unfinished = path.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(asdict(endpoints), file, indent=2)
        file.write("\n")
    unfinished.replace(path)


def remove_endpoints(path: Path) -> None:
    """Removes the file, so that no script uses a stopped product."""
    path.unlink(missing_ok=True)
