"""Predicates that plug-ins bring, and the modifier that rules use them by: ``ip|predicate: tor_exit_node``."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

from sigma.exceptions import SigmaValueError
from sigma.modifiers import SigmaValueModifier, modifier_mapping, reverse_modifier_mapping
from sigma.types import SigmaString, SigmaType

from mcm_rules_engine.plugins import PREDICATES, Plugin, plugins
from mcm_shared.errors import PoisonEventError
from mcm_shared.suggestions import did_you_mean

NamedPredicate = Callable[[str], bool]

_PROBES: Final = ("", "text", "192.0.2.7", "5", "true", "Ünï🜁code", '{"a":[1]}', "x" * 10_000)


@cache
def named_predicates() -> Mapping[str, NamedPredicate]:
    """Loads the predicates of plug-ins, by name; raises ConfigurationError for one that is none."""
    for plugin in plugins(PREDICATES):
        _probe(plugin)
    return {plugin.name: _guarded(plugin) for plugin in plugins(PREDICATES)}


class SigmaPredicate(SigmaType):
    """A value of a detection that stands for a test by a named predicate."""

    name: str

    def __init__(self, name: str) -> None:
        self.name = name
        self.test = named_predicates()[name]


class PredicateModifier(SigmaValueModifier[SigmaString, SigmaPredicate]):
    """Takes the values of a detection as names of predicates."""

    def modify(self, val: SigmaString) -> SigmaPredicate:
        """Finds the predicate; raises SigmaValueError for a name that no plug-in brings."""
        name = str(val)
        if self.detection_item.field is None or self.applied_modifiers:
            raise SigmaValueError("'predicate' goes right behind the name of a field", source=self.source)
        known = named_predicates()
        if name not in known:
            brought = f"known are {', '.join(sorted(known))}" if known else "no plug-in brings any"
            raise SigmaValueError(
                f"the predicate {name!r} is not known{did_you_mean(name, known)}; {brought}", source=self.source
            )
        return SigmaPredicate(name)


# pySigma looks modifiers up here, and has no other place to add one
modifier_mapping["predicate"] = PredicateModifier
reverse_modifier_mapping[PredicateModifier.__name__] = "predicate"


def _probe(plugin: Plugin) -> None:
    if not callable(plugin.loaded):
        raise plugin.wrong("is no function of a text")
    for probe in _PROBES:
        try:
            answers = plugin.loaded(probe), plugin.loaded(probe)
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            raise plugin.wrong(
                f"fails for the text {probe[:20]!r} ({said}); a predicate answers for any text"
            ) from error
        if answers[0] is not answers[1] or not isinstance(answers[0], bool):
            raise plugin.wrong(
                f"answers {answers[0]!r} and {answers[1]!r} for the text {probe[:20]!r}, not one bool twice"
            )


def _guarded(plugin: Plugin) -> NamedPredicate:
    def holds(text: str) -> bool:
        try:
            return bool(plugin.loaded(text))
        except Exception as error:  # one event that a plug-in stumbles over must not stop the others
            raise PoisonEventError(f"{plugin.shown} failed: {type(error).__name__}: {error}") from error

    return holds
