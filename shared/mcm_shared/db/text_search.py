"""Case-insensitive substring search, the same on every database and under every collation.

LIKE and lower() fold what the database's collation knows: SQLite and PostgreSQL's C locale know ASCII only. So the
search text becomes a regular expression that lists the spellings of each letter, by Unicode's full case folding.
"""

from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement

# the planes beyond the first two hold ideographs and symbols
_END_OF_CASED_SCRIPTS: Final = 0x20000


def contains_ignoring_case(column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    """Builds the condition that a column's text contains ``text``, whatever the case of either."""
    return column.regexp_match(_pattern(text.casefold()))


def _pattern(folded: str) -> str:
    spellings = _spellings()
    parts: list[str] = []
    rest = folded
    while rest:
        # "ss" is also written ß, and some ligatures fold to three characters
        characters = next((rest[:size] for size in (3, 2) if len(rest) >= size and rest[:size] in spellings), rest[0])
        spelled = "".join(_letter(letter, spellings) for letter in characters)
        parts.append(f"(?:{spelled}|[{spellings[characters]}])" if len(characters) > 1 else spelled)
        rest = rest[len(characters) :]
    return "".join(parts)


def _letter(letter: str, spellings: Mapping[str, str]) -> str:
    others = spellings.get(letter, "")
    return f"[{letter}{others}]" if others else _escaped(letter)


def _escaped(character: str) -> str:
    # both dialects take a backslash before ASCII punctuation only
    return (
        f"\\{character}" if character.isascii() and not character.isalnum() and character.isprintable() else character
    )


@cache
def _spellings() -> Mapping[str, str]:
    """Maps what characters fold to, to those that fold to it and are not it."""
    spellings: dict[str, str] = defaultdict(str)
    for number in range(_END_OF_CASED_SCRIPTS):
        character = chr(number)
        folded = character.casefold()
        if folded != character:
            spellings[folded] += character
    return dict(spellings)
