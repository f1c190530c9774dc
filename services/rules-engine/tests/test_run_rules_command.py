"""The batch as a command: what it prints, and that it does its work once."""

import json
import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from pydantic import SecretStr

from mcm_shared.db.engine import create_engine, transaction
from mcm_shared.db.events import insert_events
from mcm_shared.settings import DatabaseSettings
from mcm_shared.testing.builders import a_public_bucket, an_event
from tests.forked_commands import run_forked_text

Run = Callable[..., subprocess.CompletedProcess[str]]

TABLE = """\
severity  rule                user                                  first seen
critical  bucket_made_public  mona@example.com                      2026-11-20 12:00Z
"""


@pytest.fixture
async def database(sqlite_url: str) -> str:
    """A database with two events whose rules have not run, one of them with a finding."""
    engine = create_engine(DatabaseSettings(DATABASE_URL=SecretStr(sqlite_url)))
    async with transaction(engine) as connection:
        await insert_events(connection, [an_event(), a_public_bucket()], processed=False)
    await engine.dispose()
    return sqlite_url


def run_rules(database: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs ``mcm-rules-engine run-rules`` over a database."""
    environment = {**os.environ, "DATABASE_URL": database, "COLUMNS": "85"}
    return run_forked_text("mcm-rules-engine", "run-rules", *arguments, env=environment)


def test_the_findings_are_a_table_and_the_second_run_has_nothing_to_do(database: str) -> None:
    first, second = run_rules(database), run_rules(database)
    assert first.stdout.startswith(TABLE)
    assert "customer-exports" in first.stdout
    assert first.stdout.splitlines()[-1] == "2 events processed, 1 finding raised or changed"
    assert second.stdout == "0 events processed, 0 findings raised or changed\n"
    assert (first.returncode, second.returncode) == (0, 0)


def test_the_findings_are_json_where_a_program_reads_them(database: str) -> None:
    ran = run_rules(database, "--format", "json")
    (finding,) = map(json.loads, ran.stdout.splitlines())
    assert (finding["rule_name"], finding["severity"], finding["detection_count"]) == (
        "bucket_made_public",
        "critical",
        1,
    )


def test_the_module_runs_too(database: str) -> None:
    module = (sys.executable, "-W", "error", "-m", "mcm_rules_engine.pipeline.run_rules")
    subprocess.run(module, env={**os.environ, "DATABASE_URL": database}, check=True, timeout=120)
    ran = run_rules(database)
    assert ran.stdout == "0 events processed, 0 findings raised or changed\n"
