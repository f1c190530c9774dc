"""The ``mcm-ingestor`` command."""

import logging
from datetime import UTC, datetime
from typing import Annotated, Literal

import typer

from mcm_ingestor import commands
from mcm_ingestor.generator import seed_and_end
from mcm_ingestor.replay import CANONICAL, origin_of, require_known
from mcm_ingestor.sinks import SinkName
from mcm_shared.cli import EXIT_WRONG_USE, fail, run_command
from mcm_shared.errors import ConfigurationError
from mcm_shared.logs import configure_logs

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Brings events in.")
dead_letters = typer.Typer(no_args_is_help=True, help="Shows and re-sends what could not be processed.")
app.add_typer(dead_letters, name="dead-letters")

_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)

Rate = Annotated[float | None, typer.Option(min=0.001, max=1e6, help="Events a second.")]


@app.callback()
def _prepare() -> None:
    configure_logs("ingestor")
    # what it has to say about a broker that is down, our own errors say once and in a sentence
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


@app.command()
def generate(
    count: Annotated[int | None, typer.Option(min=0, help="How many events; with --rate: stop after so many.")] = None,
    rate: Annotated[
        float | None, typer.Option(min=0.001, max=1e6, help="Events a second, live, until stopped.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed and --until make the same events.")] = None,
    days: Annotated[int | None, typer.Option(min=1, max=3660, help="Days the events lie in. [default: 30]")] = None,
    until: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"],
            help="End of these days, in UTC. [default: now; with --seed the last midnight]",
        ),
    ] = None,
    to: Annotated[SinkName, typer.Option(help="Where the events go.")] = SinkName.KAFKA,
) -> None:
    """Generates events of a made-up company: a backlog of days (--count), or live (--rate)."""
    if rate is not None and (days is not None or until is not None):
        raise typer.BadParameter("--days and --until shape a backlog; a live feed (--rate) is always now")
    until = None if until is None else until.replace(tzinfo=UTC)
    if until is not None and not _EARLIEST <= until <= datetime.now(UTC):
        raise typer.BadParameter("--until must lie between 1990 and now")
    chosen, end = seed_and_end(seed, until)
    end = end.replace(microsecond=0)
    if rate is not None:
        run_command(lambda: commands.generate_live(rate, chosen, count, to))
    elif count is not None:
        run_command(lambda: commands.generate_backlog(count, chosen, end, days or 30, to))
    else:
        raise typer.BadParameter("say --count N for a backlog or --rate R for a live feed")


@app.command()
def replay(
    files: Annotated[
        list[str], typer.Argument(help='NDJSON, a JSON array or {"Records": […]}, gzipped or not; -: stdin')
    ],
    source: Annotated[
        str, typer.Option(help="What the records are: a source such as aws.cloudtrail, canonical, or envelope.")
    ] = CANONICAL,
    rate: Rate = None,
    webhook_event: Annotated[
        str | None, typer.Option(help="The event of GitHub's webhooks. [default: the file's name up to --]")
    ] = None,
) -> None:
    """Replays files to Kafka; what is broken is reported with its file and line, and the rest is sent."""
    try:
        require_known(source)
    except ConfigurationError as error:
        fail(str(error), EXIT_WRONG_USE)
    origins = [(name, origin_of(name, source, webhook_event)) for name in files]
    run_command(lambda: commands.replay(origins, rate))


@app.command()
def push() -> None:
    """Pushes canonical events from standard input, one JSON object a line, and prints their ids."""
    for event_id in run_command(commands.push):
        typer.echo(event_id)


@dead_letters.command("list")
def list_dead_letters(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, newest first.")] = 50,
    output: Annotated[Literal["table", "json"], typer.Option("--format", help="How to print them.")] = "table",
) -> None:
    """Lists what could not be processed, and why."""
    run_command(lambda: commands.list_dead_letters(limit, output))


@dead_letters.command("replay")
def replay_dead_letters(
    everything: Annotated[bool, typer.Option("--all", help="Also what was replayed before.")] = False,
    reason: Annotated[str | None, typer.Option(help="Only letters whose reason holds this text.")] = None,
) -> None:
    """Sends dead letters to their topic again, each once; they keep their identity, so nothing is counted twice."""
    run_command(lambda: commands.replay_dead_letters(everything, reason))


def main() -> None:
    """Runs the command line."""
    app(prog_name="mcm-ingestor")


if __name__ == "__main__":
    main()
