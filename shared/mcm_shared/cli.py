"""What the commands of all services share: running async code, exit codes, clear errors instead of tracebacks."""

import asyncio
import importlib.metadata
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import Annotated, Any, Final, NoReturn, TypeVar

import typer
import uvloop

from mcm_shared.errors import ConfigurationError, McmError
from mcm_shared.logs import configure_logs

ResultT = TypeVar("ResultT")

EXIT_FAILED: Final = 1
EXIT_WRONG_USE: Final = 2
EXIT_INTERRUPTED: Final = 130
EXIT_TERMINATED: Final = 143


def run_command(command: Callable[[], Coroutine[Any, Any, ResultT]]) -> ResultT:
    """Runs a command on uvloop and turns our errors into a line on stderr and an exit code.

    Exit 2 for a wrong setting, rule or flag; 1 for anything else that failed; 130 when interrupted.
    """
    _end_on_sigterm()
    try:
        return uvloop.run(command())
    except ConfigurationError as error:
        fail(str(error), EXIT_WRONG_USE)
    except McmError as error:
        fail(str(error), EXIT_FAILED)
    except KeyboardInterrupt:
        raise SystemExit(EXIT_INTERRUPTED) from None
    except BrokenPipeError:
        # the reader of our output went away, as `| head` does
        sys.stdout = None
        raise SystemExit(EXIT_FAILED) from None


def _end_on_sigterm() -> None:
    # the kernel does not end the first process of a container by a signal that it has no handler for
    if os.getpid() == 1 and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, lambda *_: os._exit(EXIT_TERMINATED))


def command_line(program: str, description: str, *, service: str | None = None) -> typer.Typer:
    """Creates the command line of a service: help without arguments, ``--version``, and logs under ``service``.

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
    """Runs a command line that has one command, without arguments: only ``--help`` and ``--version`` beside it."""
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
    """Prints what went wrong and ends the process with ``code``."""
    print(f"error: {message}", file=sys.stderr)  # noqa: T201 (the one place that prints to a person without the log)
    raise SystemExit(code)


def on_stop_signal(stop: Callable[[], object]) -> None:
    """Calls ``stop`` on SIGTERM and SIGINT, for a service that ends its work in hand first."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)


def on_reload_signal(reload: Callable[[], object]) -> None:
    """Calls ``reload`` on SIGHUP, for a service that reads files which people change."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reload)


async def until_first_ends(*jobs: Awaitable[object]) -> None:
    """Runs jobs side by side until one ends or fails; the others are cancelled and the failure is raised."""
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
