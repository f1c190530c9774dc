"""Descriptions of findings: a rule's template filled with what happened."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from mcm_rules_engine.sigma.compile.fields import EventView, text_of
from mcm_rules_engine.sigma.compile.group_keys import any_getter
from mcm_rules_engine.sigma.model.correlation import Correlation, Kind
from mcm_rules_engine.sigma.model.rule import Rule
from mcm_rules_engine.sigma.parse.templates import FIELD, template_fields
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.terminal import escape_controls

MAX_SHOWN: Final = 200
"""Characters shown of one value."""


def describe(rule: Rule, event: SourceEvent, group: dict[str, Any]) -> str:
    """Fills a rule's description with the group's values and the event's; '?' stands for what is missing.

    Values are data: they are shortened to MAX_SHOWN characters, and control characters are escaped.
    """
    view = EventView(event)
    values = {
        field: (group[field],) if field in group else any_getter(rule.log_source.space, field)(view)
        for field in template_fields(rule.description)
    }
    return _filled(rule, values)


def describe_count(rule: Correlation, group: dict[str, Any], count: int, value: str | None = None) -> str:
    """Fills a correlation's description with the group's values, ``{count}``, ``{timespan}`` and ``{value}``."""
    # a sliding window is counted up to the highest threshold; whole windows and rules are counted exactly
    is_exact = rule.tumbling or rule.is_recomputed or rule.kind in (Kind.TEMPORAL, Kind.TEMPORAL_ORDERED)
    counted = str(count) if is_exact or count < rule.steps[-1][0] else f"{count} or more"
    words = {**group, "count": counted, "timespan": _in_words(rule.timespan), "value": value}
    return _filled(rule, {field: (words[field],) for field in template_fields(rule.description) if field in words})


def _filled(rule: Rule | Correlation, values: Mapping[str, tuple[Any, ...]]) -> str:
    has_value = any(value is not None for found in values.values() for value in found)
    if rule.braces == "text" or (rule.braces == "fields with values" and not has_value):
        return rule.description

    def replace(match: re.Match[str]) -> str:
        return match[0][0] if match[1] is None else _shown(values.get(match[1], ()))

    return FIELD.sub(replace, rule.description)


def _in_words(duration: timedelta) -> str:
    seconds = int(duration.total_seconds())
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds % length == 0:
            number = seconds // length
            return f"{number} {unit}{'' if number == 1 else 's'}"
    return f"{seconds} seconds"


def _shown(values: tuple[Any, ...]) -> str:
    text = ", ".join(text for text in map(text_of, values) if text is not None)
    if not text:
        return "?"
    if len(text) > MAX_SHOWN:
        text = text[: MAX_SHOWN - 1] + "…"
    return escape_controls(text)
