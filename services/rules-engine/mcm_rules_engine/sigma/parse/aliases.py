"""Aliases of a correlation: one name, to group by, for fields that the rules call differently."""

from typing import Any, Final

from mcm_rules_engine.sigma.parse.metadata import Reader
from mcm_rules_engine.sigma.parse.references import reference_key
from mcm_shared.suggestions import did_you_mean

_AT: Final = ("correlation", "aliases")


def read_aliases(
    reader: Reader, value: Any, group_by: tuple[str, ...], rules: tuple[str, ...]
) -> dict[str, dict[str, str]]:
    """Reads the map of each alias to each rule's own field; mistakes gather in the reader."""
    aliases: dict[str, dict[str, str]] = {}
    for alias, mapping in value.items() if isinstance(value, dict) else [("", None)]:
        if not isinstance(mapping, dict) or not all(isinstance(field, str) for field in mapping.values()):
            reader.wrong(_AT, "must map an alias to a map of each rule to its field")
            return {}
        mapping = {reference_key(str(rule)): field for rule, field in mapping.items()}
        if alias not in group_by:
            reader.wrong(_AT, f"{alias!r} is not in group-by")
        for rule in rules:
            if rule not in mapping:
                reader.wrong(_AT, f"{alias!r} has no field for the rule {rule!r}")
        for rule in mapping:
            if rule not in rules:
                reader.wrong(_AT, f"{rule!r} is none of the rules{did_you_mean(str(rule), rules)}")
        aliases[str(alias)] = mapping
    return aliases
