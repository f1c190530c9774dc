"""Sigma log sources: which events a rule reads, and in which form."""

from dataclasses import dataclass
from typing import Any

from mcm_rules_engine.sigma.compile.fields import Space
from mcm_rules_engine.sigma.unsupported import UnknownSourceError, UnsupportedError
from mcm_rules_engine.sources import active_sources
from mcm_shared.suggestions import close_to, did_you_mean


@dataclass(frozen=True, slots=True)
class LogSource:
    """What a rule reads: every event in its normalised form (``source`` None), or one source's native payload."""

    space: Space
    source: str | None


@dataclass(frozen=True, slots=True)
class LogSources:
    """What a filter's ``logsource`` covers: the rules over normalised events, or those over some sources."""

    space: Space
    sources: frozenset[str | None]

    def __contains__(self, log_source: LogSource) -> bool:
        return log_source.source in self.sources


def read_log_source(logsource: dict[str, Any]) -> LogSource:
    """Maps a rule's ``logsource`` to the one source it means; raises UnsupportedError for any other."""
    found = read_log_sources(logsource)
    if len(found.sources) > 1:
        raise UnsupportedError(f"it must name one source: category activity, or a product and service of {_known()}")
    (source,) = found.sources
    return LogSource(found.space, source)


def read_log_sources(logsource: dict[str, Any]) -> LogSources:
    """Maps a ``logsource`` to all sources it covers; raises UnsupportedError for one that no event here belongs to."""
    category, product, service = (_text(logsource, key) for key in ("category", "product", "service"))
    if category is not None:
        if category != "activity":
            raise _unknown(
                f"the category {category!r} is not known",
                did_you_mean(category, ["activity"]),
                f"; known are: category activity (the normalised event of any source), and {_known()}",
            )
        if product is not None or service is not None:
            raise UnsupportedError("category activity means every source: leave product and service out")
        return LogSources("activity", frozenset({None}))
    # published rules leave out what goes without saying: product: okta, or service: cloudtrail
    sources = [
        source
        for source in active_sources().values()
        if product in (None, source.log_source[0]) and service in (None, source.log_source[1])
    ]
    if not sources:
        named = "/".join(each for each in (product, service) if each is not None)
        raise _unknown(
            f"{named!r} is not a source of events here", _suggestion((product, service)), f"; known are {_known()}"
        )
    any_case = all(source.case_insensitive_keys for source in sources)
    return LogSources("native_any_case" if any_case else "native", frozenset(source.name for source in sources))


def _unknown(what: str, suggestion: str, known: str) -> UnsupportedError:
    # what resembles a known source is a mistake; anything else may be a published rule for another product
    return (UnsupportedError if suggestion else UnknownSourceError)(f"{what}{suggestion}{known}")


def _suggestion(named: tuple[str | None, str | None]) -> str:
    known = zip(*(source.log_source for source in active_sources().values()), strict=True)
    close = [close_to(word, words) for word, words in zip(named, known, strict=True) if word and word not in words]
    return next((f", did you mean {word!r}?" for word in close if word is not None), "")


def _text(logsource: dict[str, Any], key: str) -> str | None:
    value = logsource.get(key)
    return None if value is None else str(value).casefold()


def _known() -> str:
    return ", ".join("/".join(source.log_source) for source in active_sources().values())
