"""An API process of the benchmarks' own."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def running_api(database_url: str, **settings: str) -> Iterator[tuple[str, int]]:
    """Runs an API over a database, with more settings, and gives its URL and its process id."""
    ours = ("DATABASE_URL", "KAFKA_", "MCM_API_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    environment |= {"DATABASE_URL": database_url, "MCM_API_PORT": "0", "MCM_LOG_FORMAT": "json", "MCM_AUTH": "off"}
    environment |= settings
    with tempfile.TemporaryDirectory(prefix="mcm-bench-") as folder:
        log = Path(folder) / "api.log"
        with log.open("wb") as written:
            process = subprocess.Popen([sys.executable, "-m", "mcm_api", "run"], env=environment, stderr=written)
        try:
            yield _url(log, process, follows="KAFKA_BOOTSTRAP_SERVERS" in settings), process.pid
        finally:
            process.terminate()
            process.wait(timeout=10)


def _url(log: Path, process: "subprocess.Popen[bytes]", *, follows: bool) -> str:
    for _ in range(300):
        text = log.read_text()
        for line in text.splitlines():
            if '"listening"' in line and (not follows or "following the findings" in text):
                url: str = json.loads(line)["url"]
                return url
        assert process.poll() is None, log.read_text()
        time.sleep(0.1)
    raise TimeoutError(log.read_text())
