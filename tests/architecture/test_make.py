"""``make help`` is the list of what there is."""

import re
import subprocess

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
