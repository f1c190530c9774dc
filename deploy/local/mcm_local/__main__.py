"""The ``mcm-local`` command."""

from pathlib import Path
from typing import Annotated

import typer

from mcm_local import jars as kafka_jars
from mcm_local.checkout import JARS
from mcm_local.settings import LocalSettings
from mcm_local.up import stack as run_stack
from mcm_local.up import up as run_up
from mcm_shared.cli import EXIT_FAILED, EXIT_WRONG_USE, command_line, fail
from mcm_shared.errors import ConfigurationError, McmError
from mcm_shared.settings import load_settings

app = command_line("mcm-local", "Runs Kafka, Postgres and all services on this machine, without Docker.")
jars = typer.Typer(no_args_is_help=True, help="Kafka's jars: fetch them, or update the list.")
app.add_typer(jars, name="jars")

FolderOption = Annotated[Path | None, typer.Option(help="Folder for data, logs and endpoints.json.")]


@app.command()
def up(
    folder: FolderOption = None,
    feed: Annotated[
        bool, typer.Option(help="Feed a month of events at the first start, then a steady trickle.")
    ] = True,
) -> None:
    """Runs the whole product until Ctrl-C."""
    run_up(_settings(folder), feed=feed)


@app.command()
def stack(folder: FolderOption = None) -> None:
    """Runs only Kafka and Postgres until Ctrl-C, and prints the settings to connect to them."""
    run_stack(_settings(folder))


@jars.command("fetch")
def fetch_jars() -> None:
    """Fetches missing jars and verifies all of them."""
    kafka_jars.fetch(JARS)


@jars.command("lock")
def lock_jars() -> None:
    """Resolves Kafka's jars again and writes the list (for maintainers)."""
    kafka_jars.write_list()


def main() -> None:
    """Runs the command; expected errors become a line on stderr and an exit code."""
    try:
        app()
    except ConfigurationError as error:
        fail(str(error), EXIT_WRONG_USE)
    except McmError as error:
        fail(str(error), EXIT_FAILED)


def _settings(folder: Path | None) -> LocalSettings:
    settings = load_settings(LocalSettings)
    return settings if folder is None else settings.model_copy(update={"folder": folder})


if __name__ == "__main__":
    main()
