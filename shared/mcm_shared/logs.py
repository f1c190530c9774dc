"""Logging: to stderr, human-readable on a terminal, one JSON object per line elsewhere; no credentials in URLs."""

import logging
import os
import sys
from types import TracebackType
from typing import Any

import structlog

from mcm_shared.redact_urls import redact_urls
from mcm_shared.settings import LogSettings, load_settings, unknown_variables

log = structlog.get_logger()


def configure_logs(service: str, settings: LogSettings | None = None) -> None:
    """Configures logging for the process; every line carries the service's name.

    Warns once of ``MCM_`` variables in the environment that nothing reads: one is most likely a misspelt setting.
    """
    settings = settings or load_settings(LogSettings)
    readable = settings.format == "console" or (settings.format == "auto" and sys.stderr.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    ending: list[Any] = (
        # plain: a traceback with the values of variables could leak data into the log
        [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)]
        if readable
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    ending.append(_redact)
    structlog.configure(
        processors=[*shared, *ending],
        wrapper_class=structlog.make_filtering_bound_logger(settings.level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending],
        )
    )
    # libraries use the standard logging; only their warnings are shown
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    sys.excepthook = _log_uncaught
    unknown = unknown_variables(os.environ)
    if unknown:
        log.warning("unknown settings ignored", variables=", ".join(unknown))


def _redact(_logger: Any, _method: str, line: Any) -> Any:
    # the whole line as it is written: values, texts of errors and tracebacks of libraries alike
    return redact_urls(line) if isinstance(line, str) else line


def _log_uncaught(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, traceback)
        return
    log.critical("the process ends with an error that is not handled", exc_info=(kind, error, traceback))
