"""Fields with their modifiers: what is unknown, contradictory, or of a later version of Sigma."""

import re
from collections.abc import Sequence
from typing import Final

from sigma.modifiers import modifier_mapping

from mcm_shared.suggestions import did_you_mean

_ALIASES: Final = {"utf16le": "wide"}
"""Modifiers of the specification that pySigma knows by another name."""

_ARRAY_SYNTAX: Final = re.compile(r"\[[^\[\]]*\](?=$|[.\[])")
_PARTS: Final = ("contains", "startswith", "endswith")
_PARTS_OF_TIME: Final = ("minute", "hour", "day", "week", "month", "year")
_ONE_OF: Final = (_PARTS, _PARTS_OF_TIME, ("base64", "base64offset"), ("wide", "utf16", "utf16be"))
_SAME: Final = {"ignorecase": "i", "multiline": "m", "dotall": "s"}


def canonical_key(key: str) -> str:
    """Writes the key of a detection item with pySigma's names of modifiers."""
    field, *modifiers = key.split("|")
    return "|".join([field, *(_ALIASES.get(each, each) for each in modifiers)])


def wrong_with_modifiers(modifiers: Sequence[str]) -> list[str]:
    """Says what is wrong with modifiers, named as pySigma does."""
    unknown = [each for each in modifiers if each not in modifier_mapping]
    if unknown:
        return [f"the modifier {each!r} is not known{did_you_mean(each, modifier_mapping)}" for each in unknown]
    meanings = [_SAME.get(each, each) for each in modifiers]
    twice = next((each for each in modifiers if meanings.count(_SAME.get(each, each)) > 1), None)
    if twice is not None:
        return [f"the modifier {twice!r} is written twice"]
    for group in _ONE_OF:
        found = [each for each in modifiers if each in group]
        if len(found) > 1:
            return [f"the modifiers {found[0]!r} and {found[1]!r} exclude each other: write one of them"]
    part = next((each for each in modifiers if each in _PARTS), None)
    if part is not None and "re" in modifiers:
        return [f"the modifier {part!r} does not go with 're', which is found anywhere: use ^ and $ in the expression"]
    if "exists" in modifiers and "all" in modifiers:
        return ["the modifier 'all' does not go with 'exists', which takes true or false"]
    return []


def wrong_with_field(field: str | None) -> str | None:
    """Says what is wrong with the name of a field; None for nothing."""
    if field is None or not _ARRAY_SYNTAX.search(field):
        return None
    return (
        f"the array syntax of Sigma 3 ({field!r}) is not supported: name the field without brackets; an array matches "
        "if any of its elements does"
    )
