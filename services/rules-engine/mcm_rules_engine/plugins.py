"""Plug-ins: what other installed distributions add by their entry points."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from mcm_shared.errors import ConfigurationError

RULES: Final = "mcm.rules"
SOURCES: Final = "mcm.sources"
PREDICATES: Final = "mcm.predicates"


@dataclass(frozen=True, slots=True)
class Plugin:
    """What an entry point leads to; ``shown`` names it to people."""

    name: str
    loaded: Any
    shown: str

    def wrong(self, what: str) -> ConfigurationError:
        """Makes the error of a plug-in that is not what its group asks for."""
        return ConfigurationError(f"{self.shown} {what}; mend it, or uninstall its distribution")


@cache
def plugins(group: str) -> Sequence[Plugin]:
    """Loads the entry points of a group, once for the process.

    Raises ConfigurationError naming the entry point when one cannot be loaded, or two have one name.
    """
    found: dict[str, Plugin] = {}
    for entry_point in sorted(entry_points(group=group), key=lambda each: (each.name, each.value)):
        plugin = _load(entry_point)
        known = found.setdefault(plugin.name, plugin)
        if known is not plugin:
            raise plugin.wrong(f"has the name of {known.shown}")
    return tuple(found.values())


def _load(entry_point: EntryPoint) -> Plugin:
    distribution = f" of {entry_point.dist.name}" if entry_point.dist is not None else ""
    shown = f"the plug-in {entry_point.name!r} ({entry_point.group}: {entry_point.value}{distribution})"
    try:
        return Plugin(entry_point.name, entry_point.load(), shown)
    except Exception as error:  # importing runs code that may raise anything
        reason = f"cannot be loaded: {type(error).__name__}: {error}"
        raise Plugin(entry_point.name, None, shown).wrong(reason) from error
