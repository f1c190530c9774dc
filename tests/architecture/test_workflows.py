"""Workflows of the repository: what they run is pinned, and what they may do is little."""

import re
from pathlib import Path

import pytest
import yaml

from tests.architecture.sources import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+)*\n?")


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_to_commits(workflow: Path) -> None:
    used = [line.strip().removeprefix("- ") for line in workflow.read_text().splitlines() if "uses:" in line]

    loose = [line for line in used if not PINNED.fullmatch(line)]
    assert loose == [], "a tag can be moved to other code: write the commit, and the version as a comment"


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_only_read_unless_a_job_says_more(workflow: Path) -> None:
    assert yaml.safe_load(workflow.read_text())["permissions"] == {"contents": "read"}
