"""The active rules: the built-in ones, and the packs of MCM_RULES_PATH and of plug-ins."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import structlog

from mcm_rules_engine.plugins import RULES, Plugin, plugins
from mcm_rules_engine.settings import RulesSettings
from mcm_rules_engine.sigma.compile.plugin_predicates import named_predicates
from mcm_rules_engine.sigma.load import Collected, all_or_nothing, collect_rules
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_rules_engine.sigma.parse.documents import Problem
from mcm_rules_engine.sources import active_sources
from mcm_shared.settings import load_settings

log = structlog.get_logger()


def active_packs(more: Sequence[Path] = ()) -> list[Path]:
    """Lists the packs of the environment and of plug-ins, and ``more``.

    Raises ConfigurationError for a plug-in that cannot be used, whatever it brings.
    """
    named_predicates()
    active_sources()
    settings = load_settings(RulesSettings)
    of_environment = [Path(part).expanduser() for part in settings.path.split(os.pathsep) if part]
    of_plugins = [pack for plugin in plugins(RULES) for pack in _packs_of(plugin)]
    return [*of_environment, *of_plugins, *more]


@dataclass(frozen=True, slots=True)
class Loaded:
    """Rules as they were loaded, and the packs they came from."""

    ruleset: Ruleset
    packs: tuple[Path, ...]


def load_active_rules(more: Sequence[Path] = (), *, builtin: bool = True) -> Ruleset:
    """Loads the built-in rules and the packs of the environment, of plug-ins and ``more``.

    Raises RuleLoadError, which lists every mistake. With MCM_RULES_LENIENT a rule of a pack that holds a mistake is
    left out instead, and the log says so.
    """
    return load_packs(more, builtin=builtin).ruleset


def load_packs(more: Sequence[Path] = (), *, builtin: bool = True, before: Loaded | None = None) -> Loaded:
    """Loads like ``load_active_rules``, and says from which packs.

    A rule that was active ``before`` and cannot be loaded any more is an error, however lenient.
    """
    packs = active_packs(more)
    collected = collect_rules(packs, builtin, lenient=load_settings(RulesSettings).lenient)
    if before is not None:
        collected.problems.extend(_lost(collected, before.ruleset))
    ruleset = all_or_nothing(collected)
    for problem in collected.dropped:
        log.error("rule left out: it cannot be loaded", mistake=str(problem))
    if collected.skipped:
        log.info(
            "published rules skipped: for log sources that do not exist here, or in Sigma 1",
            rules=len(collected.skipped),
        )
    return Loaded(ruleset, tuple(packs))


def _packs_of(plugin: Plugin) -> list[Path]:
    value = plugin.loaded
    if callable(value):
        try:
            value = value()
        except Exception as error:
            raise plugin.wrong(f"fails when it is called: {type(error).__name__}: {error}") from error
    if isinstance(value, ModuleType):
        value = list(getattr(value, "__path__", ())) or None
    paths = [value] if isinstance(value, str | Path) else value
    if not isinstance(paths, list | tuple) or not all(isinstance(path, str | Path) for path in paths):
        raise plugin.wrong("is neither a package, nor a path or a list of paths, nor a function that returns one")
    missing = [str(path) for path in paths if not Path(path).exists()]
    if missing:
        raise plugin.wrong(f"names what is not there: {missing[0]}")
    return [Path(path) for path in paths]


def _lost(collected: Collected, before: Ruleset) -> list[Problem]:
    """Finds the mistakes that rules active before were left out for."""
    ids = {rule.id for rule in collected.ruleset.all}
    paths = {rule.path for rule in before.all if rule.id not in ids}
    return [
        problem
        for problem in collected.dropped
        if any(path == problem.path or path.startswith(f"{problem.path}{os.sep}") for path in paths)
    ]
