"""How files are named and how long they are."""

import re
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, name_of, project_files

MAX_LINES = 300
CODE = (".py", ".ts", ".tsx")
BANNED = {"utils", "util", "helpers", "helper", "common", "misc", "base"}
SERVICES = sorted(path.parent for path in (ROOT / "services").glob("*/pyproject.toml"))
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")


def _generated(path: Path) -> bool:
    return "versions" in path.parts or "generated" in path.name or ".gen." in path.name or path.name.endswith(".d.ts")


def test_files_are_short() -> None:
    lengths = {
        name_of(path): len(path.read_text().splitlines()) for path in project_files(*CODE) if not _generated(path)
    }
    long = {name: lines for name, lines in lengths.items() if lines > MAX_LINES}

    assert long == {}, f"over {MAX_LINES} lines: such a file is usually two things; give each its own file and name"


def test_names_say_what_is_inside() -> None:
    paths = [path.relative_to(ROOT) for path in project_files(*CODE)]
    banned = [str(path) for path in paths if BANNED.intersection([path.stem.lower(), *path.parts])]

    assert banned == [], "a name that fits anything says nothing: name the file after the one thing it does"


def test_nothing_is_left_for_later() -> None:
    endings = (*CODE, ".yml", ".yaml", ".toml", ".md", "Makefile", ".sh")
    found = [
        f"{name_of(path)}:{number}"
        for path in project_files(*endings)
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if UNFINISHED.search(line)
    ]

    assert found == [], "finish it, or open an issue and take the note out of the code"


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_every_service_has_the_same_files(service: Path) -> None:
    package = service / f"mcm_{service.name.replace('-', '_')}"
    missing = [name for name in ("__main__.py", "settings.py", "py.typed") if not (package / name).exists()]

    assert missing == [], "__main__.py wires, settings.py reads the environment: the same in every service"
    assert (service / "tests").is_dir(), "tests of a service live beside it, in tests/"
