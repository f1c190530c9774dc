"""Removes each safety net from a copy of the code and shows which test notices: ``python -m tests.mutations``.

Exits 1 when a net can be removed unnoticed, when its test fails with the net in place, or when the code to remove is
not there any more.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.mutations.mutations import NETS, Net

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = (ROOT / "shared" / "mcm_shared", ROOT / "services" / "rules-engine" / "mcm_rules_engine")

_PASSED, _FAILED = 0, 1
_LIMIT_S = 600


def main() -> int:
    """Tries every net and prints the table."""
    nets = [net for net in NETS if not sys.argv[1:] or net.name in sys.argv[1:]]
    whole = _run(sorted({net.test for net in nets}), ())
    if whole != _PASSED:
        sys.stderr.write("the tests of the nets must pass with every net in place\n")
        return 1
    width = max(len(net.name) for net in nets)
    noticed = []
    for net in nets:
        noticed.append(_is_noticed(net))
        sys.stdout.write(f"{net.name:{width}}  {'noticed' if noticed[-1] else 'NOT NOTICED'} by {net.test}\n")
        sys.stdout.flush()
    return 0 if all(noticed) else 1


def _is_noticed(net: Net) -> bool:
    outcome = _run([net.test], (net,))
    if outcome not in (_PASSED, _FAILED):
        raise SystemExit(f"the test of {net.name!r} cannot be run without it (pytest ended with {outcome})")
    return outcome == _FAILED


def _run(tests: Sequence[str], without: Sequence[Net]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        copies = list(_copies(Path(folder)))
        for net in without:
            _remove(net, Path(folder))
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


def _remove(net: Net, folder: Path) -> None:
    path = folder / net.path
    text = path.read_text()
    for old, new in net.changes:
        if text.count(old) != 1:
            raise SystemExit(
                f"{net.path} has not exactly one {old!r}: say in tests/nets/nets.py what {net.name!r} is now"
            )
        text = text.replace(old, new)
    path.write_text(text)


if __name__ == "__main__":
    sys.exit(main())
