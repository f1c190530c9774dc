"""The sources in force. A new one is a file beside this one and a line in NORMALISERS, or a plug-in."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from mcm_rules_engine.sources import aws_cloudtrail, azure_activity, canonical, github_audit, okta_system
from mcm_rules_engine.sources.plugin_sources import plugged_sources
from mcm_rules_engine.sources.source import Normalise
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.errors import ConfigurationError, PoisonEventError

NORMALISERS: Final[Mapping[str, Normalise]] = MappingProxyType(
    {each.SOURCE: each.normalise for each in (aws_cloudtrail, azure_activity, github_audit, okta_system)}
)
"""Native sources by the value of the ``source`` header."""

RESERVED: Final = frozenset({"canonical", "envelope"})
"""Words that the commands have for files whose records are of no native source, or name their own."""


def known_sources() -> list[str]:
    """Lists the native sources in force; raises ConfigurationError for a plug-in that cannot be used."""
    return sorted(active_sources())


def normalise(payload: Any, source: str | None, fallback_id: str) -> SourceEvent:
    """Turns a decoded record into an event.

    ``source`` is its ``source`` header: None for a canonical event, else the native source of the payload.
    ``fallback_id`` names an event that brings no id. Raises PoisonEventError for what cannot be an event.
    """
    if source is None:
        return canonical.normalise(payload, fallback_id)
    normaliser = active_sources().get(source)
    if normaliser is None:
        raise PoisonEventError(
            f"unknown source header {source[:100]!r}; known are {', '.join(known_sources())}; "
            "send canonical events without the header"
        )
    return normaliser(payload, fallback_id)


@cache
def active_sources() -> Mapping[str, Normalise]:
    """Returns the normalisers in force, by source; raises ConfigurationError for a plug-in that cannot be used."""
    plugged = plugged_sources()
    taken = plugged.keys() & (NORMALISERS.keys() | RESERVED)
    if taken:
        raise ConfigurationError(f"a plug-in cannot bring the source {min(taken)!r}: the product has it already")
    return {**NORMALISERS, **plugged}
