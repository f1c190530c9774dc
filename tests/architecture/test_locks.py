"""Locks hold names, versions and hashes: where packages come from is the business of each machine's settings."""

import re
from pathlib import Path

from tests.architecture.sources import name_of, project_files

URL = re.compile(r"\w+://")


def _locks() -> list[Path]:
    python = [path for path in project_files(".txt") if path.parent.name == "requirements"]
    return [*python, *project_files("package-lock.json"), *project_files("kafka-jars.txt")]


def test_no_lock_names_a_registry() -> None:
    found = [
        f"{name_of(path)}:{number}"
        for path in _locks()
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        # npm writes the page where a package asks for money beside its hash; nothing is fetched from there
        if URL.search(line) and '"url":' not in line
    ]

    assert len(_locks()) >= 3
    assert found == [], "lock again with make lock (Python) or with omit-lockfile-registry-resolved=true (npm)"


def test_every_locked_python_package_has_a_hash() -> None:
    for path in project_files(".txt"):
        if path.parent.name == "requirements":
            entries = re.split(r"\n(?=[a-zA-Z0-9])", path.read_text())
            without = [entry.split("\n", 1)[0] for entry in entries if "--hash=sha256:" not in entry]
            assert without == [], f"{name_of(path)}: lock again with make lock"
