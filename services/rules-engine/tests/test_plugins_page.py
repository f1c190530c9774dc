"""The example on the page about plug-ins works as it stands there."""

import json
import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from mcm_local.checkout import COMMANDS

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "plugins.md").read_text()


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The page's distribution, installed in a folder."""
    blocks = dict(re.findall(r"`(\w+(?:[./]\w+)+)`[^`]*?:\n\n```\w+\n(.*?)```", PAGE, re.DOTALL))
    # two files are named further up in their paragraphs
    python = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (rule,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    files = {
        "acme_mcm/__init__.py": python[0],
        "acme_mcm/crm.py": python[1],
        "acme_mcm/people.py": python[2],
        "acme_mcm/rules/export_by_contractor.yml": rule,
    }
    assert all(name in PAGE for name in files)
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    project = tomllib.loads(blocks["pyproject.toml"])["project"]
    information = tmp_path / "acme_mcm-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    (information / "entry_points.txt").write_text(
        "".join(
            f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in points.items())
            for group, points in project["entry-points"].items()
        )
    )
    return tmp_path


def mcm_rules_engine(folder: Path, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Runs our command with what is installed in a folder."""
    return subprocess.run(
        [str(COMMANDS / "mcm-rules-engine"), *arguments],
        input=given,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_rule_of_the_page_passes_its_tests(installed: Path) -> None:
    ran = mcm_rules_engine(installed, "test", str(installed / "acme_mcm" / "rules"))
    assert ran.stdout.splitlines() == ["ok      export_by_contractor: 2 tests", "1 rule, 2 tests, all passed"]


def test_the_source_of_the_page_is_read_and_the_built_in_rules_hold_for_it(installed: Path) -> None:
    records = [
        {"ref": "c-1", "at": "2026-11-20T12:00:00Z", "action": "export", "rows": 500, "actor": "x@agency.example.net"},
        {"ref": "c-2", "at": "2026-11-20T12:01:00Z", "action": "grant", "member": "y", "role": "admin", "actor": "z"},
        {"ref": "c-3", "at": "yesterday", "action": "sign_in"},
    ]
    given = "\n".join(map(json.dumps, records))
    ran = mcm_rules_engine(installed, "scan", "-", "--source", "acme.crm", "--format", "json", given=given)
    found = [(finding["rule_name"], finding["event_ids"]) for finding in map(json.loads, ran.stdout.splitlines())]
    assert found == [("export_by_contractor", ["c-1"]), ("role_escalated_to_admin", ["c-2"])]
    assert ran.stderr.splitlines() == [
        "stdin:3: at must be a time with a zone, such as 2026-11-20T12:00:00Z",
        "2 events, 1 refused, 2 findings",
    ]
    assert ran.returncode == 1
