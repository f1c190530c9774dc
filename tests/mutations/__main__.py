"""Mutation checks: applies each mutation to a copy of the code and reports whether its test fails.

Run as ``python -m tests.mutations``; names of mutations, or parts of names, select some. Exits 1 when a mutation goes
unnoticed, when its test fails without it, or when the code to change no longer exists.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from mcm_local.checkout import JARS
from mcm_local.kafka import Kafka
from mcm_local.postgres import Postgres
from tests.mutations.mutation import Mutation
from tests.mutations.mutations import MUTATIONS
from tests.stack import FAST, GIVEN_KAFKA, GIVEN_POSTGRES

ROOT = Path(__file__).resolve().parent.parent.parent

_PASSED, _FAILED = 0, 1
_LIMIT_S = 600


def main() -> int:
    """Tries every selected mutation and prints the table."""
    parts = sys.argv[1:]
    mutations = [one for one in MUTATIONS if not parts or any(part in one.name for part in parts)]
    if not mutations:
        sys.stderr.write("no mutation has such a name\n")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        # started once: most tests take less time than the servers need to start
        kafka, postgres = Kafka(Path(folder) / "kafka", jars=JARS), Postgres(Path(folder) / "postgres", settings=FAST)
        try:
            kafka.start()
            postgres.start()
            return _try(mutations, {GIVEN_KAFKA: kafka.bootstrap_servers, GIVEN_POSTGRES: postgres.url})
        finally:
            kafka.kill()
            postgres.kill()


def _try(mutations: Sequence[Mutation], servers: dict[str, str]) -> int:
    if _run(sorted({mutation.test for mutation in mutations}), servers) != _PASSED:
        sys.stderr.write("the tests must pass without any mutation\n")
        return 1
    width = max(len(mutation.name) for mutation in mutations)
    noticed = []
    for mutation in mutations:
        outcome = _run([mutation.test], servers, mutation)
        if outcome not in (_PASSED, _FAILED):
            raise SystemExit(f"the test of {mutation.name!r} cannot be run with it (pytest ended with {outcome})")
        noticed.append(outcome == _FAILED)
        sys.stdout.write(f"{mutation.name:{width}}  {'noticed' if noticed[-1] else 'NOT NOTICED'} by {mutation.test}\n")
        sys.stdout.flush()
    return 0 if all(noticed) else 1


def _run(tests: Sequence[str], servers: dict[str, str], mutation: Mutation | None = None) -> int:
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, **servers, "PYTHONDONTWRITEBYTECODE": "1"}
        if mutation is not None:
            # found before the package that is installed, by the commands that the tests start too
            paths = [str(_mutated(mutation, Path(folder))), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
            environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
        ran = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=_LIMIT_S, check=False
        )
    if ran.returncode not in (_PASSED, _FAILED) or (ran.returncode == _FAILED and mutation is None):
        sys.stderr.write(ran.stdout[-5000:] + ran.stderr[-5000:])
    return ran.returncode


def _mutated(mutation: Mutation, folder: Path) -> Path:
    """Copies the package of a mutation's file and applies the mutation; returns the folder of the package."""
    path = ROOT / mutation.path
    package = next(parent for parent in path.parents if parent.name.startswith("mcm_"))
    shutil.copytree(package, folder / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / path.relative_to(package.parent)).write_text(mutation.apply(path.read_text()))
    return folder


if __name__ == "__main__":
    sys.exit(main())
