"""Migrations are one chain: two that follow the same one would stop every service at its start."""

import re

from tests.architecture.sources import ROOT

VERSIONS = sorted((ROOT / "shared" / "mcm_shared" / "db" / "migrations" / "versions").glob("*.py"))


def test_each_migration_follows_the_one_before() -> None:
    expected, found = [], []
    for number, path in enumerate(VERSIONS, start=1):
        before = f'"{number - 1:04}"' if number > 1 else "None"
        expected.append((path.name[:4], f'"{number:04}"', before))
        revisions = (
            re.search(rf"^{name} = (.+)$", path.read_text(), re.MULTILINE) for name in ("revision", "down_revision")
        )
        found.append((f"{number:04}", *(match[1] if match else "missing" for match in revisions)))

    assert found == expected, "number each migration, and its file, one after the last of the branch it lands on"
