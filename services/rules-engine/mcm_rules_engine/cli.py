"""Command line of the rules engine."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from mcm_rules_engine.active_packs import active_packs, load_active_rules
from mcm_rules_engine.offline.findings_table import table_of
from mcm_rules_engine.offline.run_rule_tests import run_rule_tests
from mcm_rules_engine.offline.scan import scan
from mcm_rules_engine.offline.test_report import lines_of
from mcm_rules_engine.offline.unusual import find_unusual, json_of
from mcm_rules_engine.offline.unusual import lines_of as day_lines
from mcm_rules_engine.pipeline.run_rules import run_from_environment
from mcm_rules_engine.settings import EngineSettings
from mcm_rules_engine.sigma.load import collect_rules, load_rules, shown
from mcm_rules_engine.sigma.parse.files import rule_files
from mcm_shared.cli import EXIT_FAILED, command_line, run_command
from mcm_shared.contracts.sources import CANONICAL
from mcm_shared.errors import ConfigurationError
from mcm_shared.settings import load_settings
from mcm_shared.terminal import escape_controls

Format = Annotated[Literal["table", "json"], typer.Option("--format", help="How to print the result.")]
Files = Annotated[
    list[str],
    typer.Argument(help="Files of events: one JSON object a line, an array, or {Records: [...]}; gzip; - for stdin."),
]
Paths = Annotated[list[Path] | None, typer.Argument(help="Rule files and folders, in addition to the active ones.")]
MorePacks = Annotated[list[Path] | None, typer.Option("--rules", help="A rule file or folder; may be repeated.")]
Source = Annotated[str, typer.Option(help="canonical, a native source, or envelope: each record names its own.")]
NoBuiltin = Annotated[bool, typer.Option("--no-builtin", help="Leave the built-in rules out.")]

app = command_line("mcm-rules-engine", "Stores events and raises findings by Sigma rules.", service="rules-engine")


@app.command("run-rules")
def run_rules_command(output: Format = "table") -> None:
    """Runs the rules over stored events that are not processed yet; needs no Kafka."""
    outcome = run_command(run_from_environment)
    if output == "json":
        for finding in outcome.findings:
            typer.echo(finding.model_dump_json())
        return
    for line in table_of(outcome.findings):
        typer.echo(line)
    typer.echo(
        f"{_count(outcome.events, 'event')} processed, {_count(len(outcome.findings), 'finding')} raised or changed"
    )


@app.command("scan")
def scan_command(
    files: Files,
    source: Source = CANONICAL,
    rules: MorePacks = None,
    no_builtin: NoBuiltin = False,
    output: Format = "table",
) -> None:
    """Evaluates files of events by the rules, without broker or server; exits 1 when there are findings."""

    async def scan_files() -> bool:
        ruleset = load_active_rules(rules or (), builtin=not no_builtin)
        if not ruleset.rules:
            raise ConfigurationError("no rules: name some with --rules, or leave --no-builtin out")
        found = await scan(files, source, ruleset, load_settings(EngineSettings).max_event_bytes, _refuse)
        if output == "json":
            for scanned in found.findings:
                typer.echo(scanned.json())
        else:
            for line in table_of([scanned.finding for scanned in found.findings]):
                typer.echo(line)
        refused = f", {found.refused} refused" if found.refused else ""
        typer.echo(f"{_count(found.events, 'event')}{refused}, {_count(len(found.findings), 'finding')}", err=True)
        return not found.findings and not found.refused

    _exit(run_command(scan_files))


@app.command("unusual")
def unusual_command(files: Files, source: Source = CANONICAL, output: Format = "table") -> None:
    """Scores each user's days in files of events by the 60 days before; exits 1 when there are unusual ones."""

    async def find() -> bool:
        found = find_unusual(files, source, load_settings(EngineSettings).max_event_bytes, _refuse)
        for one in found.unusual:
            if one.score is not None and output == "json":
                typer.echo(json_of(one, one.score))
            elif one.score is not None:
                typer.echo("\n".join(day_lines(one, one.score)))
        refused = f", {found.refused} refused" if found.refused else ""
        days = f"{_count(found.scored, 'user-day')} scored, {found.learning:,} learning, {len(found.unusual):,} unusual"
        typer.echo(f"{_count(found.events, 'event')}{refused}; {days}", err=True)
        return not found.unusual and not found.refused

    _exit(run_command(find))


@app.command("check")
def check_command(paths: Paths = None) -> None:
    """Loads every rule and reports all mistakes at once; exits 1 when there are any."""

    async def check() -> bool:
        collected = collect_rules(active_packs(paths or ()))
        for problem in collected.problems:
            typer.echo(escape_controls(str(problem)))
        ruleset = collected.ruleset
        counts = [
            _count(len(ruleset.rules), "rule"),
            _count(len(ruleset.correlations), "correlation"),
            _count(collected.filters, "filter"),
        ]
        mistakes = f"{_count(len(collected.problems), 'mistake')}; " if collected.problems else ""
        typer.echo(f"{mistakes}{', '.join(counts)} can be used")
        if collected.skipped:
            skipped = _count(len(collected.skipped), "published rule")
            typer.echo(f"{skipped} skipped: for log sources that do not exist here, or in Sigma 1")
        return not collected.problems

    _exit(run_command(check))


@app.command("test")
def run_tests_command(paths: Paths = None) -> None:
    """Runs the tests inside rules, each in five orders of its events; exits 1 when one fails or is missing."""

    async def test() -> bool:
        ruleset = load_rules(active_packs(paths or ()))
        rules = ruleset.all
        if paths:
            meant = {shown(file) for file in rule_files(paths, [])}
            rules = tuple(rule for rule in rules if rule.path in meant)
        failed = count = 0
        async for verdict in run_rule_tests(ruleset, rules):
            for line in lines_of(verdict):
                typer.echo(escape_controls(line))
            count += len(verdict.tests)
            failed += not verdict.passed
        wrong = f"; {_count(failed, 'rule')} FAILED" if failed else ", all passed"
        typer.echo(f"{_count(len(rules), 'rule')}, {_count(count, 'test')}{wrong}")
        return not failed

    _exit(run_command(test))


def _refuse(place: str, reason: str) -> None:
    typer.echo(f"{place}: {escape_controls(reason)}", err=True)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _exit(good: bool) -> None:
    if not good:
        raise typer.Exit(EXIT_FAILED)
