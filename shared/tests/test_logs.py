"""Logs as a process writes them: one JSON object a line, readable on a terminal, and no values in tracebacks."""

import json
import os
import pty
import subprocess
import sys
from typing import Any

PROGRAM = """
import asyncio, logging, warnings, structlog
from mcm_shared.logs import configure_logs

configure_logs("test-service")
log = structlog.get_logger()

def connect(url, password):
    raise RuntimeError("cannot connect")

log.debug("not shown by default")
log.info("hello\\nworld", count=3, text="größe \\x1b[31m")
logging.getLogger("library").warning("a %s", "warning")
logging.getLogger("library").info("chatter")
try:
    connect("postgresql://example.com", "hunter2-" + "secret")
except RuntimeError:
    log.exception("failed")
    logging.getLogger("library").exception("failed too")
print("result")
"""


def run(program: str = PROGRAM, **settings: str) -> tuple[str, list[str]]:
    """Runs a program with its output in pipes; returns its results and the lines of its log."""
    environment = {**os.environ, **settings}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    return done.stdout, done.stderr.splitlines()


def entries(lines: list[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines]


def test_elsewhere_than_on_a_terminal_every_line_is_an_object_with_the_service() -> None:
    results, lines = run()

    said = entries(lines)
    assert results == "result\n"
    assert [(entry["event"], entry["level"]) for entry in said] == [
        ("hello\nworld", "info"),
        ("a warning", "warning"),
        ("failed", "error"),
        ("failed too", "error"),
    ]
    assert {entry["service"] for entry in said} == {"test-service"}
    assert (said[0]["count"], said[0]["text"]) == (3, "größe \x1b[31m")
    assert all(entry["timestamp"].endswith("Z") for entry in said)


def test_a_traceback_shows_the_error_and_no_values() -> None:
    for form in ("json", "console"):
        _, lines = run(MCM_LOG_FORMAT=form)

        shown = "\n".join(lines)
        assert shown.count("RuntimeError: cannot connect") == 2
        assert "hunter2-secret" not in shown


def test_the_least_level_can_be_set() -> None:
    assert entries(run(MCM_LOG_LEVEL="debug")[1])[0]["event"] == "not shown by default"
    assert "hello\nworld" not in [entry["event"] for entry in entries(run(MCM_LOG_LEVEL="warning")[1])]


def test_on_a_terminal_it_is_readable() -> None:
    ours, theirs = pty.openpty()
    program = subprocess.Popen([sys.executable, "-c", PROGRAM], stderr=theirs, stdout=subprocess.DEVNULL)
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:
            break
        shown += part
    assert program.wait() == 0

    text = shown.decode()
    assert "test-service" in text
    assert "count" in text
    assert '{"' not in text


def test_a_wrong_level_is_a_wrong_setting() -> None:
    program = "from mcm_shared.cli import run_command\nfrom mcm_shared.logs import configure_logs\n"
    program += "async def main(): configure_logs('x')\nrun_command(main)"
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, "MCM_LOG_LEVEL": "loud"}, capture_output=True, text=True
    )

    assert done.returncode == 2
    assert done.stderr == (
        "error: Wrong settings in the environment:\n"
        "  MCM_LOG_LEVEL: Input should be 'debug', 'info', 'warning' or 'error'\n"
    )


LEAKS = """
import logging, warnings, structlog
from mcm_shared.logs import configure_logs

configure_logs("test-service")
log = structlog.get_logger()
url = "postgresql://mcm:pa/ss@w0rd@db.example.com/mcm"
log.info("connecting", url=url, nested={"urls": [url, "https://hooks.slack.com/services/T0/B0/w0rd"]})
logging.getLogger("httpx").warning("GET https://models.example.com/v1?api_key=w0rd&page=1 failed")
try:
    try:
        raise ValueError(f"cannot connect to {url}")
    except ValueError as error:
        raise RuntimeError("GET https://bot:w0rd@models.example.com/v1?token=w0rd") from error
except RuntimeError:
    log.exception("failed", broker="SASL://mcm:w0rd@kafka.example.com:9092")
    logging.getLogger("library").exception("failed too")
raise SystemError(f"not handled: {url}")
"""


def test_credentials_in_urls_are_written_nowhere() -> None:
    for form in ("json", "console"):
        environment = {**os.environ, "MCM_LOG_FORMAT": form}
        done = subprocess.run([sys.executable, "-c", LEAKS], env=environment, capture_output=True, text=True)

        assert done.returncode == 1
        assert "w0rd" not in done.stderr
        assert done.stderr.count("postgresql://***@db.example.com/mcm") == 5
        assert "https://models.example.com/v1?api_key=***&page=1 failed" in done.stderr
        assert "not handled" in done.stderr
        if form == "json":
            assert entries(done.stderr.splitlines())
