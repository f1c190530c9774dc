"""Kafka's jars: a committed list of Maven coordinates with SHA-256 sums, fetched once and verified at every start.

Repositories are jgo's default and those of the user's jgo config file, which come first (for a mirror).
"""

import hashlib
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jgo.config import GlobalSettings
from jgo.maven import MavenContext, PythonResolver

from mcm_shared.errors import ConfigurationError, TransientError

LOCK_FILE: Final = Path(__file__).parent / "kafka-jars.txt"
ROOTS: Final = ("org.apache.kafka:kafka_2.13:4.3.1", "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4")

_AT_ONCE: Final = 8
_TRIES: Final = 3
_TIMEOUT_S: Final = 60

Say = Callable[[str], None]


def say_on_stderr(message: str) -> None:
    """Prints progress to stderr."""
    sys.stderr.write(message + "\n")


class WrongHashError(ConfigurationError):
    """Raised when a fetched jar is not the one in the list."""


@dataclass(frozen=True, slots=True, order=True)
class Jar:
    """A line of the list."""

    coordinate: str
    """``group:artifact:version``."""
    sha256: str

    @property
    def file_name(self) -> str:
        """File name in the repository."""
        _, artifact, version = self.coordinate.split(":")
        return f"{artifact}-{version}.jar"


def read_list(path: Path = LOCK_FILE) -> list[Jar]:
    """Reads the committed list."""
    lines = (line.split() for line in path.read_text().splitlines() if line and not line.startswith("#"))
    return [Jar(coordinate, sha256) for coordinate, sha256 in lines]


def fetch(folder: Path, jars: Iterable[Jar] | None = None, say: Say = say_on_stderr) -> list[Path]:
    """Ensures that every jar is in ``folder`` and matches the list; returns their paths.

    Raises WrongHashError for a jar that does not match, TransientError when one cannot be fetched.
    """
    jars = read_list() if jars is None else list(jars)
    folder.mkdir(parents=True, exist_ok=True)
    missing = [jar for jar in jars if not _is_there(folder / jar.file_name, jar)]
    if missing:
        _fetch_all(folder, missing, say)
    return [folder / jar.file_name for jar in jars]


def write_list(path: Path = LOCK_FILE, say: Say = say_on_stderr) -> None:
    """Resolves the roots again and writes the list, for a new version of Kafka."""
    coordinates: dict[tuple[str, str], str] = {}
    with tempfile.TemporaryDirectory() as cache:
        context = _context(Path(cache))
        for root in ROOTS:
            # one root at a time: resolved jointly they get versions that neither requires
            inputs, transitive = context.resolver.resolve([context.create_dependency(root)])
            for dependency in [*inputs, *transitive]:
                key = (dependency.groupId, dependency.artifactId)
                coordinates.setdefault(key, f"{key[0]}:{key[1]}:{dependency.version}")
        say(f"fetching {len(coordinates)} jars")
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            jars = sorted(
                pool.map(
                    lambda coordinate: Jar(coordinate, _sha256(_resolve(context, coordinate))), coordinates.values()
                )
            )
    lines = [f"{jar.coordinate} {jar.sha256}" for jar in jars]
    path.write_text("# written by: mcm-local jars lock\n" + "\n".join(lines) + "\n")
    say(f"{len(jars)} jars listed in {path}")


def _fetch_all(folder: Path, missing: list[Jar], say: Say) -> None:
    say(f"fetching {len(missing)} Kafka jars into {folder}")
    with tempfile.TemporaryDirectory(dir=folder, prefix=".fetch-") as cache:
        context = _context(Path(cache))
        pool = ThreadPoolExecutor(_AT_ONCE)
        try:
            fetched = [pool.submit(_fetch_one, context, folder, jar) for jar in missing]
            for done, future in enumerate(as_completed(fetched), start=1):
                future.result()
                if done % 10 == 0 or done == len(missing):
                    say(f"  {done} of {len(missing)}")
        finally:
            pool.shutdown(cancel_futures=True)


def _fetch_one(context: MavenContext, folder: Path, jar: Jar) -> None:
    fetched = _resolve(context, jar.coordinate)
    got = _sha256(fetched)
    if got != jar.sha256:
        raise WrongHashError(
            f"{jar.coordinate} is not the jar in {LOCK_FILE.name}: expected sha256 {jar.sha256}, got {got}.\n"
            "The repository or a mirror serves a different file; it was discarded. Check the "
            "[repositories] of your jgo config file, then retry. If the version was changed on purpose, "
            "update the list with: mcm-local jars lock"
        )
    # renamed only after verification, so that an interrupted run leaves no unverified jar
    shutil.move(fetched, folder / jar.file_name)


def _resolve(context: MavenContext, coordinate: str) -> Path:
    group, artifact, version = coordinate.split(":")
    required = context.project(group, artifact).at_version(version).artifact()
    for attempt in range(1, _TRIES + 1):
        try:
            return required.resolve()
        except (OSError, RuntimeError) as error:
            if required.cached_path is not None:
                required.cached_path.unlink(missing_ok=True)
            if attempt == _TRIES:
                raise TransientError(
                    f"{coordinate} cannot be fetched: {error}\nCheck the network. A mirror goes under "
                    "[repositories] in ~/.config/jgo.conf"
                ) from error
    raise AssertionError("unreachable")


def _context(cache: Path) -> MavenContext:
    context = MavenContext(resolver=PythonResolver(), repo_cache=cache, timeout=_TIMEOUT_S)
    # the user's come first, and replace a default of the same name
    context.remote_repos = {
        **GlobalSettings.load().repositories,
        **{name: url for name, url in context.remote_repos.items() if name not in GlobalSettings.load().repositories},
    }
    return context


def _is_there(path: Path, jar: Jar) -> bool:
    return path.exists() and _sha256(path) == jar.sha256


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
