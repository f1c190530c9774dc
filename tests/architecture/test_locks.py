"""Locks hold names, versions and hashes: where packages come from is the business of each machine's settings."""

import re
from pathlib import Path

from tests.architecture.sources import name_of, project_files

URL = re.compile(r"\w+://")


def _locks() -> list[Path]:
    python = [path for path in project_files(".txt") if path.parent.name == "requirements"]
    return [*python, *project_files("package-lock.json"), *project_files("kafka-jars.txt")]


def _without_funding(text: str) -> str:
    """Takes out the pages where packages ask for money; npm writes them beside the hashes and fetches nothing there."""
    return re.sub(r'"funding": (\[[^\]]*\]|\{[^}]*\}|"[^"]*")', '"funding": null', text)


def test_no_lock_names_a_registry() -> None:
    found = [
        f"{name_of(path)}: {line.strip()}"
        for path in _locks()
        for line in _without_funding(path.read_text()).splitlines()
        if URL.search(line)
    ]

    assert len(_locks()) >= 3
    assert found == [], "lock again with make lock (Python) or with omit-lockfile-registry-resolved=true (npm)"


def test_every_locked_python_package_has_a_hash() -> None:
    for path in project_files(".txt"):
        if path.parent.name == "requirements":
            entries = re.split(r"\n(?=[a-zA-Z0-9])", path.read_text())
            without = [entry.split("\n", 1)[0] for entry in entries if "--hash=sha256:" not in entry]
            assert without == [], f"{name_of(path)}: lock again with make lock"
