"""Search ignores case beyond ASCII on both databases, and under the collation that knows nothing but ASCII."""

import sys

import pytest
from sqlalchemy import ColumnElement, Text, collate, insert, literal, select

from mcm_shared.db.engine import AsyncEngine, transaction
from mcm_shared.db.tables import EVENT_ROLLUPS
from mcm_shared.db.text_search import contains_ignoring_case
from mcm_shared.testing.builders import NOON

_CASES = [
    ("Zoë Müller", "MÜLLER", True),
    ("JOSÉ ÁLVAREZ", "josé álv", True),
    ("jose", "josé", False),
    ("ΟΔΥΣΣΕΥΣ", "οδυσσευς", True),
    ("Straße", "STRASSE", True),
    ("STRASSE", "straße", True),
    ("Strase", "straße", False),
    ("Иван Петров", "иван пЕТРОВ", True),
    ("oﬃce", "OFFICE", True),
    ("100% of a_b", "% OF A_", True),
    ("100", "%", False),
    ("a.b*c[d](e)\\f^g$|h?+{2}-", ".B*C[D](E)\\F^G$|H?+{2}-", True),
    ("axb", "a.b", False),
    ("***", "***", True),
    ("(?i)x", "(?I)X", True),
    ("two\nlines", "TWO\nLINES", True),
    ("日本語 🔑", "本語 🔑", True),
    ("\U00010428", "\U00010400", True),
]


@pytest.mark.parametrize(("stored", "searched", "found"), _CASES, ids=[f"{one[0]!r}" for one in _CASES])
async def test_a_text_is_found_whatever_the_case(engine: AsyncEngine, stored: str, searched: str, found: bool) -> None:
    text: ColumnElement[str] = literal(stored, Text)
    if engine.dialect.name == "postgresql":
        text = collate(text, "C")
    async with transaction(engine) as connection:
        assert bool((await connection.execute(select(contains_ignoring_case(text, searched)))).scalar()) is found
        row = {"hour": NOON, "source": stored, "shard": 0, "count": 1}
        await connection.execute(insert(EVENT_ROLLUPS).values(row))
        query = select(EVENT_ROLLUPS.c.source).where(contains_ignoring_case(EVENT_ROLLUPS.c.source, searched))
        assert list((await connection.execute(query)).scalars()) == ([stored] if found else [])


async def test_every_letter_is_found_by_its_other_case(engine: AsyncEngine) -> None:
    dead_letters = [chr(number) for number in range(1, sys.maxunicode + 1) if chr(number).casefold() != chr(number)]
    text = " ".join(dead_letters)
    async with transaction(engine) as connection:
        for start in range(0, len(dead_letters), 100):
            searched = " ".join(letter.casefold() for letter in dead_letters[start : start + 100])
            found = await connection.execute(select(contains_ignoring_case(literal(text, Text), searched)))
            assert found.scalar(), searched
