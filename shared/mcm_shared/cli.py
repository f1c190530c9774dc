"""Command lines of the services: running async code, signals, exit codes, errors as one line."""

import asyncio
import importlib.metadata
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import Annotated, Any, Final, NoReturn, TypeVar

import structlog
import typer
import uvloop

from mcm_shared.errors import ConfigurationError, McmError
from mcm_shared.logs import configure_logs
from mcm_shared.malloc_tuning import return_freed_memory
from mcm_shared.redact_urls import redact_urls

log = structlog.get_logger()

ResultT = TypeVar("ResultT")

EXIT_FAILED: Final = 1
EXIT_WRONG_USE: Final = 2
EXIT_INTERRUPTED: Final = 130
EXIT_TERMINATED: Final = 143


def run_command(command: Callable[[], Coroutine[Any, Any, ResultT]]) -> ResultT:
    """Runs a command on uvloop; an error of the product becomes a line on stderr and an exit code.

    Exit 2 for a wrong setting, rule or flag; 1 for any other failure; 130 when interrupted.
    """
    _end_on_sigterm()
    return_freed_memory()
    try:
        return uvloop.run(command())
    except ConfigurationError as error:
        fail(str(error), EXIT_WRONG_USE)
    except McmError as error:
        fail(str(error), EXIT_FAILED)
    except KeyboardInterrupt:
        raise SystemExit(EXIT_INTERRUPTED) from None
    except BrokenPipeError:
        # the reader of the output closed the pipe, as `| head` does
        sys.stdout = None
        raise SystemExit(EXIT_FAILED) from None


def _end_on_sigterm() -> None:
    # the kernel does not deliver a signal without a handler to the first process of a container
    if os.getpid() == 1 and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, lambda *_: os._exit(EXIT_TERMINATED))


def command_line(program: str, description: str, *, service: str | None = None) -> typer.Typer:
    """Creates the command line of a service: help without arguments, ``--version``, and logs named ``service``.

    ``program`` is the name of the command and of its distribution.
    """
    app = typer.Typer(
        no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=description, name=program
    )

    def start(
        context: typer.Context,
        _version: Annotated[
            bool,
            typer.Option("--version", callback=_version_of(program), is_eager=True, help="Show the version and exit."),
        ] = False,
    ) -> None:
        if service is None or context.resilient_parsing:
            return
        try:
            configure_logs(service)
        except ConfigurationError as error:
            fail(str(error), EXIT_WRONG_USE)

    app.callback()(start)
    return app


def run_single_command(
    program: str, description: str, command: Callable[[], Coroutine[Any, Any, object]], distribution: str
) -> None:
    """Runs a command line with a single command that takes no arguments but ``--help`` and ``--version``."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

    def only(
        _version: Annotated[
            bool,
            typer.Option(
                "--version",
                callback=_version_of(program, distribution),
                is_eager=True,
                help="Show the version and exit.",
            ),
        ] = False,
    ) -> None:
        run_command(command)

    app.command(help=description)(only)
    app(prog_name=program)


def _version_of(program: str, distribution: str | None = None) -> Callable[[bool], None]:
    def show(requested: bool) -> None:
        if requested:
            typer.echo(f"{program} {importlib.metadata.version(distribution or program)}")
            raise typer.Exit

    return show


def fail(message: str, code: int) -> NoReturn:
    """Prints an error and exits with ``code``."""
    print(f"error: {redact_urls(message)}", file=sys.stderr)  # noqa: T201 (the one place that prints to a person without the log)
    raise SystemExit(code)


def on_stop_signal(stop: Callable[[], object]) -> None:
    """Calls ``stop`` on SIGTERM and SIGINT: graceful shutdown."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)


def on_reload_signal(reload: Callable[[], object]) -> None:
    """Calls ``reload`` on SIGHUP."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reload)


def ignore_reload_signal() -> None:
    """Ignores SIGHUP, for a service that has nothing to reload: operators send it to all services at once."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, log.info, "SIGHUP ignored, nothing to reload")


async def until_first_ends(*jobs: Awaitable[object]) -> None:
    """Runs jobs concurrently until one ends or fails; cancels the others and raises the failure."""
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
