"""``make help`` is the list of what there is."""

import re
import shutil
import subprocess
from pathlib import Path

from tests.architecture.sources import ROOT

PROMISED = {"help", "setup", "demo", "stack", "test", "lint", "fmt", "types", "bench", "clean", "lock"}


def test_help_lists_every_target_in_one_line() -> None:
    makefile = (ROOT / "Makefile").read_text()
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    targets = set(phony.split())

    shown = subprocess.run(["make", "help"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()

    listed = {line.split()[1] for line in shown}
    assert targets >= PROMISED
    assert listed == targets, "give each target of .PHONY a line of help: `name: what it needs ## what it does`"
    assert len(shown) == len(targets)
    assert all(len(line.split()) > 2 for line in shown)


PASSWORDS = {"", "_API", "_ENRICHER", "_INGESTOR", "_NOTIFIER", "_RULES_ENGINE"}


def passwords_of(text: str) -> dict[str, str]:
    return dict(re.findall(r"^POSTGRES_PASSWORD(\w*)=([0-9a-f]{32})$", text, re.MULTILINE))


def test_env_generates_the_passwords_once(tmp_path: Path) -> None:
    shutil.copy(ROOT / ".env.example", tmp_path)
    make = ["make", "--file", str(ROOT / "Makefile"), "env"]

    subprocess.run(make, cwd=tmp_path, check=True)
    first = (tmp_path / ".env").read_text()
    subprocess.run(make, cwd=tmp_path, check=True)

    assert passwords_of(first).keys() == PASSWORDS
    assert len(set(passwords_of(first).values())) == len(PASSWORDS)
    assert (tmp_path / ".env").read_text() == first
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0
    example = (ROOT / ".env.example").read_text()
    assert len(re.findall(r"^POSTGRES_PASSWORD\w*=$", example, re.MULTILINE)) == len(PASSWORDS)


def test_env_adds_the_passwords_that_an_earlier_version_did_not_have(tmp_path: Path) -> None:
    shutil.copy(ROOT / ".env.example", tmp_path)
    (tmp_path / ".env").write_text("POSTGRES_PASSWORD=chosen\nMCM_AUTH=off\n")

    subprocess.run(["make", "--file", str(ROOT / "Makefile"), "env"], cwd=tmp_path, check=True)

    text = (tmp_path / ".env").read_text()
    assert text.startswith("POSTGRES_PASSWORD=chosen\nMCM_AUTH=off\n")
    assert passwords_of(text).keys() == PASSWORDS - {""}
