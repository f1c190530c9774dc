"""The rules in force: the built-in ones, and the packs of MCM_RULES_PATH and of plug-ins."""

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import structlog

from mcm_rules_engine.plugins import RULES, Plugin, plugins
from mcm_rules_engine.settings import RulesSettings
from mcm_rules_engine.sigma.compile.plugin_predicates import named_predicates
from mcm_rules_engine.sigma.load import collect_rules, load_rules, rule_files, shown
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

    Raises RuleLoadError, which lists every mistake. With MCM_RULES_LENIENT a pack that holds a mistake is left out
    instead, and the log says so.
    """
    return load_packs(more, builtin=builtin).ruleset


def load_packs(more: Sequence[Path] = (), *, builtin: bool = True, before: Loaded | None = None) -> Loaded:
    """Loads like ``load_active_rules``, and says from which packs.

    A pack that was in force ``before`` and cannot be loaded any more is an error, however lenient.
    """
    packs = active_packs(more)
    if load_settings(RulesSettings).lenient:
        packs = _without_broken(packs, builtin, () if before is None else before.packs)
    return Loaded(load_rules(packs, builtin), tuple(packs))


def _packs_of(plugin: Plugin) -> list[Path]:
    said = plugin.loaded
    if callable(said):
        try:
            said = said()
        except Exception as error:
            raise plugin.wrong(f"fails when it is called: {type(error).__name__}: {error}") from error
    if isinstance(said, ModuleType):
        said = list(getattr(said, "__path__", ())) or None
    paths = [said] if isinstance(said, str | Path) else said
    if not isinstance(paths, list | tuple) or not all(isinstance(path, str | Path) for path in paths):
        raise plugin.wrong("is neither a package, nor a path or a list of paths, nor a function that returns one")
    missing = [str(path) for path in paths if not Path(path).exists()]
    if missing:
        raise plugin.wrong(f"names what is not there: {missing[0]}")
    return [Path(path) for path in paths]


def _without_broken(packs: list[Path], builtin: bool, needed: Collection[Path]) -> list[Path]:
    while True:
        problems = collect_rules(packs, builtin).problems
        broken = {pack: mine for pack in packs if (mine := _in_pack(pack, problems))}
        if not broken or not broken.keys().isdisjoint(needed):
            return packs
        for pack, mine in broken.items():
            log.error("pack left out: it cannot be loaded", pack=str(pack), mistakes=[str(each) for each in mine])
        # another pack may have needed a rule of it: look again
        packs = [pack for pack in packs if pack not in broken]


def _in_pack(pack: Path, problems: Sequence[Problem]) -> list[Problem]:
    names = {str(pack), *(shown(file) for file in rule_files([pack], []))}
    return [problem for problem in problems if problem.path in names]
