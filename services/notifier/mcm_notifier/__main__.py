"""The ``mcm-notifier`` command."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID, uuid4

import orjson
import typer

from mcm_notifier.channels_file import load_channels
from mcm_notifier.messages import probe_message
from mcm_notifier.service import run_service
from mcm_notifier.settings import NotifierSettings
from mcm_notifier.store.outbox import OutboxEntry, list_messages, retry_failed
from mcm_shared.cli import command_line, run_command
from mcm_shared.db.engine import AsyncEngine, create_engine
from mcm_shared.db.migrate import wait_for_schema
from mcm_shared.errors import ConfigurationError
from mcm_shared.settings import DatabaseSettings, load_settings
from mcm_shared.terminal import escape_controls

app = command_line("mcm-notifier", "Notifies people of findings.", service="notifier")


@app.command()
def run() -> None:
    """Sends notifications of findings from Kafka until stopped."""
    run_command(run_service)


@app.command()
def check() -> None:
    """Checks channels.yml without sending anything."""
    run_command(_check)


@app.command()
def test(channel: Annotated[str, typer.Argument(help="Name of the channel in channels.yml.")]) -> None:
    """Sends a test message to a channel and prints its response."""
    typer.echo(escape_controls(run_command(lambda: _test(channel))))


@app.command("list")
def list_outbox(
    failed: Annotated[bool, typer.Option("--failed", help="Only messages that have failed.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="Maximum number of messages.")] = 50,
    output: Annotated[Literal["text", "json"], typer.Option("--format", help="How to print the result.")] = "text",
) -> None:
    """Lists the newest messages."""
    entries = run_command(lambda: _list("failed" if failed else None, limit))
    if output == "json":
        for entry in entries:
            typer.echo(orjson.dumps(entry))
    else:
        _print_lines(entries)


@app.command()
def retry(
    message: Annotated[UUID | None, typer.Argument(help="Id of a failed message.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Retry all failed messages.")] = False,
) -> None:
    """Retries a failed message, or all of them, for another day."""
    if (message is None) is not every:
        raise typer.BadParameter("give the id of a failed message, or --all")
    count = run_command(lambda: _retry(message))
    typer.echo(f"{count} message{'s' if count != 1 else ''} to retry")


async def _check() -> None:
    configured = load_channels(load_settings(NotifierSettings))
    for name, channel in configured.channels.items():
        typer.echo(f"channel {name}: {channel.type}")
    for name, route in configured.routes.items():
        typer.echo(f"route {name}: {route.when} to {route.channel}")
    typer.echo(f"reminders of exceptions: {', '.join(configured.reminders) or 'none; name channels under reminders'}")


async def _test(name: str) -> str:
    settings = load_settings(NotifierSettings)
    channels = load_channels(settings).channels
    if name not in channels:
        raise ConfigurationError(f"there is no channel {name!r}; use one of {', '.join(channels)}")
    return await channels[name].deliver(probe_message(uuid4(), name, settings.public_url, datetime.now(UTC)))


async def _list(state: str | None, limit: int) -> list[OutboxEntry]:
    engine = await _database()
    try:
        return await list_messages(engine, state, limit)
    finally:
        await engine.dispose()


async def _retry(message: UUID | None) -> int:
    engine = await _database()
    try:
        count = await retry_failed(engine, message, datetime.now(UTC))
    finally:
        await engine.dispose()
    if message is not None and count == 0:
        raise ConfigurationError(f"no message {message} has failed; see mcm-notifier list --failed")
    return count


async def _database() -> AsyncEngine:
    engine = create_engine(load_settings(DatabaseSettings))
    await wait_for_schema(engine)
    return engine


def _print_lines(entries: Sequence[OutboxEntry]) -> None:
    for entry in entries:
        attempts = f"{entry.attempts} attempt{'s' if entry.attempts != 1 else ''}"
        created = f"{entry.created_at:%Y-%m-%d %H:%M:%SZ}"
        typer.echo(
            f"{entry.id}  {entry.state}, {attempts}, {created}, {entry.kind} of {entry.route} to {entry.channel}"
        )
        if entry.response:
            typer.echo(f"    {escape_controls(entry.response)}")


def main() -> None:
    """Runs the command line."""
    app(prog_name="mcm-notifier")


if __name__ == "__main__":
    main()
