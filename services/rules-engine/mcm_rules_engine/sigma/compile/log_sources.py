"""Sigma log sources: which events a rule reads, and in which form."""

from dataclasses import dataclass
from typing import Any

from mcm_rules_engine.sigma.compile.fields import Space
from mcm_rules_engine.sigma.parse.unsupported import UnsupportedError
from mcm_rules_engine.sources import active_sources
from mcm_shared.suggestions import did_you_mean


@dataclass(frozen=True, slots=True)
class LogSource:
    """What a rule reads: every event in its normalised form (``source`` None), or one source's native payload."""

    space: Space
    source: str | None


def read_log_source(logsource: dict[str, Any]) -> LogSource:
    """Maps a rule's ``logsource``; raises UnsupportedError for one that no event here belongs to."""
    category, product, service = (_text(logsource, key) for key in ("category", "product", "service"))
    if category is not None:
        if category != "activity":
            raise UnsupportedError(
                f"the category {category!r} is not known{did_you_mean(category, ['activity'])}; known are: category "
                f"activity (the normalised event of any source), and {_known()}"
            )
        if product is not None or service is not None:
            raise UnsupportedError("category activity means every source: leave product and service out")
        return LogSource("activity", None)
    # published rules leave out what goes without saying: product: okta, or service: cloudtrail
    sources = [
        source
        for source in active_sources().values()
        if product in (None, source.log_source[0]) and service in (None, source.log_source[1])
    ]
    match sources:
        case [source]:
            return LogSource("native_any_case" if source.case_insensitive_keys else "native", source.name)
        case []:
            named = "/".join(each for each in (product, service) if each is not None)
            raise UnsupportedError(f"{named!r} is not a source of events here; known are {_known()}")
    raise UnsupportedError(f"it must name one source: category activity, or a product and service of {_known()}")


def _text(logsource: dict[str, Any], key: str) -> str | None:
    value = logsource.get(key)
    return None if value is None else str(value).lower()


def _known() -> str:
    return ", ".join("/".join(source.log_source) for source in active_sources().values())
