"""The ``mcm-ingestor`` command."""

import logging
import re
from datetime import UTC, datetime
from typing import Annotated, Literal

import typer

from mcm_ingestor import commands
from mcm_ingestor.connectors.service import run_service
from mcm_ingestor.dead_letter_entries import EntryState
from mcm_ingestor.generator import seed_and_end
from mcm_ingestor.replay import origin_of
from mcm_ingestor.replay_speed import parse_speed
from mcm_ingestor.sinks import SinkName
from mcm_shared.cli import EXIT_WRONG_USE, command_line, fail, run_command
from mcm_shared.contracts.sources import CANONICAL, require_known_source
from mcm_shared.db.dead_letter_actions import DeadLetterAction
from mcm_shared.errors import ConfigurationError

app = command_line("mcm-ingestor", "Ingests events.", service="ingestor")
dead_letters = typer.Typer(no_args_is_help=True, help="Records that could not be processed: list, replay, dismiss.")
app.add_typer(dead_letters, name="dead-letters")

_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)

Places = Annotated[list[str], typer.Argument(help="Places as list shows them, such as 0/17.")]
Rate = Annotated[float | None, typer.Option(min=0.001, max=1e6, help="Events a second.")]


@app.command()
def generate(
    count: Annotated[
        int | None, typer.Option(min=0, help="Number of events; with --rate, stop after this many.")
    ] = None,
    rate: Annotated[
        float | None, typer.Option(min=0.001, max=1e6, help="Live events per second, until stopped.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed and --until produce the same events.")] = None,
    days: Annotated[int | None, typer.Option(min=1, max=3660, help="Days that the events cover. [default: 30]")] = None,
    until: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"],
            help="End of the period, in UTC. [default: now; with --seed the last midnight]",
        ),
    ] = None,
    to: Annotated[SinkName, typer.Option(help="Destination of the events.")] = SinkName.KAFKA,
) -> None:
    """Generates events of a fictional company: a backlog (--count) or a live feed (--rate)."""
    if rate is not None and (days is not None or until is not None):
        raise typer.BadParameter("--days and --until apply to a backlog (--count); a live feed (--rate) starts now")
    until = None if until is None else until.replace(tzinfo=UTC)
    if until is not None and not _EARLIEST <= until <= datetime.now(UTC):
        raise typer.BadParameter("--until must be between 1990 and now")
    chosen, end = seed_and_end(seed, until)
    end = end.replace(microsecond=0)
    if rate is not None:
        run_command(lambda: commands.generate_live(rate, chosen, count, to))
    elif count is not None:
        run_command(lambda: commands.generate_backlog(count, chosen, end, days or 30, to))
    else:
        raise typer.BadParameter("pass --count N for a backlog or --rate R for a live feed")


@app.command()
def replay(
    files: Annotated[
        list[str],
        typer.Argument(
            help='Files, folders or patterns: NDJSON, a JSON array or {"Records": […]}, gzip or zstd; - for stdin'
        ),
    ],
    source: Annotated[
        str, typer.Option(help="Format of the records: a source such as aws.cloudtrail, canonical, or envelope.")
    ] = CANONICAL,
    rate: Rate = None,
    speed: Annotated[
        str | None, typer.Option(help="Pace by event time, such as 60x: an hour of events in a minute.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Wait for records that are appended to the file.")] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue where an interrupted replay of this folder ended.")
    ] = False,
    webhook_event: Annotated[
        str | None, typer.Option(help="Event name of GitHub webhooks. [default: the file name up to --]")
    ] = None,
) -> None:
    """Replays files to Kafka; invalid records are reported with file and line, the others are sent."""
    try:
        require_known_source(source)
        factor = None if speed is None else parse_speed(speed)
    except ConfigurationError as error:
        fail(str(error), EXIT_WRONG_USE)
    except ValueError as error:
        fail(f"--speed: {error}", EXIT_WRONG_USE)
    run_command(
        lambda: commands.replay(
            files,
            lambda name: origin_of(name, source, webhook_event),
            rate=rate,
            speed=factor,
            following=follow,
            resume=resume,
        )
    )


@app.command()
def push() -> None:
    """Pushes canonical events from standard input, one JSON object per line, and prints their ids."""
    for event_id in run_command(commands.push):
        typer.echo(event_id)


@app.command()
def run() -> None:
    """Reads the sources of sources.yml until stopped; positions are kept in the database."""
    run_command(run_service)


@app.command()
def check() -> None:
    """Tries the credential of every source in sources.yml and prints the permissions it has and lacks."""
    run_command(commands.check)


@dead_letters.command("list")
def list_dead_letters(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Maximum number, newest first.")] = 50,
    state: Annotated[
        Literal["open", "retried", "dismissed", "all"], typer.Option(help="Which ones, by what became of them.")
    ] = "open",
    output: Annotated[Literal["table", "json"], typer.Option("--format", help="Output format.")] = "table",
) -> None:
    """Lists records that could not be processed, with the reasons; one that failed again is listed once."""
    chosen = None if state == "all" else EntryState(state)
    run_command(lambda: commands.list_dead_letters(chosen, limit, output))


@dead_letters.command("replay")
def replay_dead_letters(
    everything: Annotated[bool, typer.Option("--all", help="Include dead letters that were replayed before.")] = False,
    reason: Annotated[str | None, typer.Option(help="Only dead letters whose reason contains this text.")] = None,
) -> None:
    """Sends dead letters back to their topic, each once. Replaying is safe: events keep their identity."""
    run_command(lambda: commands.replay_dead_letters(everything, reason))


@dead_letters.command("dismiss")
def dismiss_dead_letters(
    places: Places,
    reason: Annotated[str, typer.Option(help="Why they need no retry; kept with the dead letters.")],
) -> None:
    """Dismisses dead letters: they are no longer counted as open, and not replayed."""
    if not reason.strip():
        raise typer.BadParameter("--reason must not be empty")
    chosen = _places(places)
    run_command(lambda: commands.act_on_dead_letters(chosen, DeadLetterAction.DISMISSED, reason.strip()))


@dead_letters.command("reopen")
def reopen_dead_letters(places: Places) -> None:
    """Reopens dead letters that were dismissed or retried."""
    chosen = _places(places)
    run_command(lambda: commands.act_on_dead_letters(chosen, DeadLetterAction.REOPENED))


def _places(texts: list[str]) -> list[tuple[int, int]]:
    found = [re.fullmatch(r"([0-9]{1,9})/([0-9]{1,18})", text, re.ASCII) for text in texts]
    if not all(found):
        raise typer.BadParameter("a place is a partition and an offset, such as 0/17; list shows them")
    return [(int(match[1]), int(match[2])) for match in found if match]


def main() -> None:
    """Runs the command line."""
    # our own errors report an unreachable broker once, in one sentence
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    app(prog_name="mcm-ingestor")


if __name__ == "__main__":
    main()
