"""What every command of the product has: help, a version, and a warning of settings that nothing reads."""

import os
import subprocess
from importlib.metadata import entry_points

import pytest

from mcm_local.checkout import COMMANDS
from mcm_shared.settings import unknown_variables

PROGRAMS = (
    "mcm-api",
    "mcm-enricher",
    "mcm-ingestor",
    "mcm-local",
    "mcm-migrate",
    "mcm-notifier",
    "mcm-rules-engine",
    "mcm-topics",
)


def ran(program: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a command of ours without any server."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("MCM_", "KAFKA_", "DATABASE"))
    }
    return subprocess.run(
        [COMMANDS / program, *arguments],
        env={**inherited, "COLUMNS": "120", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_command_prints_its_help_and_its_version_and_does_nothing_else(
    program: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (entry_point,) = entry_points(group="console_scripts", name=program)
    main = entry_point.load()

    def printed(argument: str) -> str:
        monkeypatch.setattr("sys.argv", [program, argument])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 0
        return capsys.readouterr().out

    shown = printed("--help")
    assert f"Usage: {program}" in shown
    assert "--version" in shown
    assert printed("--version") == f"{program} 0.1.0\n"


def test_an_argument_that_a_command_does_not_have_is_refused() -> None:
    refused = ran("mcm-migrate", "now")
    assert refused.returncode == 2
    assert "unexpected extra argument" in refused.stderr


def test_a_setting_that_nothing_reads_is_named_once_with_the_closest_known_one() -> None:
    checked = ran("mcm-rules-engine", "check", MCM_RULE_PATH="/nowhere", MCM_LOG_FORMAT="json", MCM_BENCH_ROUNDS="3")
    assert checked.returncode == 0
    (line,) = checked.stderr.splitlines()
    assert '"variables": "MCM_RULE_PATH (did you mean MCM_RULES_PATH?)"' in line
    assert "unknown settings ignored" in line


def test_a_wrong_log_level_is_a_sentence() -> None:
    refused = ran("mcm-rules-engine", "check", MCM_LOG_LEVEL="loud")
    assert refused.returncode == 2
    assert refused.stderr.startswith("error: ")
    assert "MCM_LOG_LEVEL" in refused.stderr


def test_only_variables_of_ours_that_nothing_reads_are_unknown() -> None:
    names = ["MCM_TOPIC_PREFX", "MCM_ZZZ", "MCM_API_PORT", "MCM_TEST_STACK", "PATH", "KAFKA_FOO"]
    assert unknown_variables(names) == ["MCM_TOPIC_PREFX (did you mean MCM_TOPIC_PREFIX?)", "MCM_ZZZ"]
