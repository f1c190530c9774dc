"""The field's words everywhere: banned words name their replacement, and one public class name means one thing."""

import ast
import io
import re
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from functools import cache

import pytest

from tests.architecture.sources import ROOT, name_of, product_modules, project_files
from tests.architecture.vocabulary import IDENTIFIERS, PATTERNS, PHRASES

HERE = {"tests/architecture/vocabulary.py"}
PROSE = (".py", ".ts", ".tsx", ".md", ".yml", ".yaml", "Makefile", ".sql", ".toml")
TYPESCRIPT_NAME = re.compile(r"(?<![\w'\"`.-])[A-Za-z_]\w*(?![\w'\"`-])")
TYPESCRIPT_TEXT = re.compile(r"//.*|/\*.*?\*/|\"[^\"\n]*\"|'[^'\n]*'|`[^`]*`|>[^<>{}]*<", re.DOTALL)
PREFIX = re.compile(r"^_?(MOST|LEAST)_")


def _python_names(text: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NAME:
            yield token.start[0], token.string


def _typescript_names(text: str) -> Iterator[tuple[int, str]]:
    without_text = TYPESCRIPT_TEXT.sub(lambda match: "\n" * match[0].count("\n"), text)
    for number, line in enumerate(without_text.splitlines(), start=1):
        for match in TYPESCRIPT_NAME.finditer(line):
            yield number, match[0]


def _instead(name: str) -> str | None:
    if PREFIX.match(name):
        return "MAX_ or MIN_"
    return IDENTIFIERS.get(name)


def test_identifiers_are_standard_terms() -> None:
    found = []
    for path in project_files(".py", ".ts", ".tsx"):
        if name_of(path) in HERE or ".gen." in path.name:
            continue
        names = _python_names if path.suffix == ".py" else _typescript_names
        found += [
            f"{name_of(path)}:{line}: {name} → {instead}"
            for line, name in names(path.read_text())
            if (instead := _instead(name)) is not None
        ]

    assert found == [], "\n".join(["use the standard term", *found])


@cache
def _prose() -> tuple[tuple[str, str], ...]:
    return tuple(
        (f"{name_of(path)}:{number}", line)
        for path in project_files(*PROSE)
        if name_of(path) not in HERE and ".gen." not in path.name
        for number, line in enumerate(path.read_text().splitlines(), start=1)
    )


@pytest.mark.parametrize("pattern", PATTERNS, ids=PHRASES)
def test_prose_is_plain_english(pattern: re.Pattern[str]) -> None:
    found = [f"{place}: {line.strip()[:100]}" for place, line in _prose() if pattern.search(line)]

    assert found == [], "\n".join([f"write instead: {PATTERNS[pattern]}", *found])


def test_a_public_class_name_exists_once() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in product_modules():
        if "testing" in path.parts or "tests" in path.parts:
            continue
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(name_of(path))
    twice = {name: where for name, where in places.items() if len(where) > 1}

    assert twice == {}, "one word, one type: an API schema gets a suffix, RuleResponse"


def _glossary() -> set[str]:
    text = (ROOT / "docs" / "glossary.md").read_text()
    return {
        term.strip().lower()
        for cell in re.findall(r"^\| ([^|]+) \|", text, re.MULTILINE)
        for term in re.findall(r"\*\*([^*]+)\*\*", cell)
    }


def test_no_term_of_the_glossary_is_banned() -> None:
    terms = _glossary()
    banned = {name.lower().replace("_", " ") for name in IDENTIFIERS}

    assert terms
    assert sorted(terms & banned) == []
