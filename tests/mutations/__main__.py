"""Mutation checks: applies each mutation to a copy of the code and reports whether its test fails.

Run as ``python -m tests.mutations``. Exits 1 when a mutation goes unnoticed, when its test fails without it, or when
the code to change no longer exists.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.mutations.mutations import MUTATIONS, Mutation

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = (ROOT / "shared" / "mcm_shared", ROOT / "services" / "rules-engine" / "mcm_rules_engine")

_PASSED, _FAILED = 0, 1
_LIMIT_S = 600


def main() -> int:
    """Tries every net and prints the table."""
    mutations = [mutation for mutation in MUTATIONS if not sys.argv[1:] or mutation.name in sys.argv[1:]]
    whole = _run(sorted({mutation.test for mutation in mutations}), ())
    if whole != _PASSED:
        sys.stderr.write("the tests of the nets must pass with every net in place\n")
        return 1
    width = max(len(mutation.name) for mutation in mutations)
    noticed = []
    for mutation in mutations:
        noticed.append(_is_noticed(mutation))
        sys.stdout.write(f"{mutation.name:{width}}  {'noticed' if noticed[-1] else 'NOT NOTICED'} by {mutation.test}\n")
        sys.stdout.flush()
    return 0 if all(noticed) else 1


def _is_noticed(mutation: Mutation) -> bool:
    outcome = _run([mutation.test], (mutation,))
    if outcome not in (_PASSED, _FAILED):
        raise SystemExit(f"the test of {mutation.name!r} cannot be run without it (pytest ended with {outcome})")
    return outcome == _FAILED


def _run(tests: Sequence[str], without: Sequence[Mutation]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        copies = list(_copies(Path(folder)))
        for mutation in without:
            _remove(mutation, Path(folder))
        # found before the packages that are installed, by the commands the tests start too
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(copies), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
        ran = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=_LIMIT_S, check=False
        )
    if ran.returncode not in (_PASSED, _FAILED) or (ran.returncode == _FAILED and not without):
        sys.stderr.write(ran.stdout[-5000:] + ran.stderr[-5000:])
    return ran.returncode


def _copies(folder: Path) -> Iterator[str]:
    for package in PACKAGES:
        target = folder / package.relative_to(ROOT)
        shutil.copytree(package, target, ignore=shutil.ignore_patterns("__pycache__"))
        yield str(target.parent)


def _remove(mutation: Mutation, folder: Path) -> None:
    path = folder / mutation.path
    text = path.read_text()
    for old, new in mutation.changes:
        if text.count(old) != 1:
            raise SystemExit(
                f"{mutation.path} has not exactly one {old!r}: update {mutation.name!r} in tests/mutations/mutations.py"
            )
        text = text.replace(old, new)
    path.write_text(text)


if __name__ == "__main__":
    sys.exit(main())
