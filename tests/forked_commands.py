"""Commands of the product as forked processes: a fork server has their modules loaded, which costs seconds otherwise.

For commands that run to their end. Services, and everything that is killed, are started as people start them
(``tests/services.py``).
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

import pytest

PROGRAMS: Final = {
    program.name: program
    for program in entry_points(group="console_scripts")
    if program.name in {"mcm-api", "mcm-ingestor", "mcm-rules-engine"}
}

_FORKING: Final = multiprocessing.get_context("forkserver")
_FORKING.set_forkserver_preload([program.module for program in PROGRAMS.values()])


def run_forked(
    program: str,
    *arguments: str | Path,
    env: Mapping[str, str],
    given: bytes = b"",
    cwd: Path | None = None,
    seconds: float = 120,
) -> subprocess.CompletedProcess[bytes]:
    """Runs a command to its end with exactly this environment; fails when time is up."""
    words = [program, *map(str, arguments)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "0").write_bytes(given)
        process = _FORKING.Process(target=_run, args=(words, dict(env), folder, cwd or Path.cwd()))
        process.start()
        process.join(seconds)
        if process.exitcode is None:
            process.kill()
            process.join()
            pytest.fail(f"{' '.join(words)} still runs after {seconds} s")
        return subprocess.CompletedProcess(
            words, process.exitcode, (folder / "1").read_bytes(), (folder / "2").read_bytes()
        )


def run_forked_text(
    program: str, *arguments: str | Path, given: str = "", env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs a command as ``run_forked`` does, for text; the environment is this process's own unless given."""
    ran = run_forked(program, *arguments, env=os.environ if env is None else env, given=given.encode(), cwd=cwd)
    return subprocess.CompletedProcess(ran.args, ran.returncode, ran.stdout.decode(), ran.stderr.decode())


def _run(words: list[str], env: dict[str, str], folder: Path, cwd: Path) -> None:
    for number, flags in ((0, os.O_RDONLY), (1, os.O_WRONLY | os.O_CREAT), (2, os.O_WRONLY | os.O_CREAT)):
        os.dup2(os.open(folder / str(number), flags), number)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 (open to the end of the process)
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 (open to the end of the process)
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115 (as above)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    sys.argv = words
    PROGRAMS[words[0]].load()()
