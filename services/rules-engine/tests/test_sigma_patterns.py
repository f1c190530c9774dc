"""Wildcards against an oracle that knows nothing but their definition."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sigma.types import SigmaString

from mcm_rules_engine.sigma.compile.patterns import compile_pattern, compile_re2, plain_text
from mcm_rules_engine.sigma.unsupported import UnsupportedError

_letters = st.sampled_from("aAbéßΣς.*?[]\\^$|(\n")
_texts = st.text(_letters, max_size=12)
_patterns = st.lists(st.one_of(st.just("*"), st.just("?"), st.text(_letters, min_size=1, max_size=3)), max_size=7)


def matches_by_definition(parts: list[str], text: str) -> bool:
    """Tries every way for ``*`` to take some characters."""
    if not parts:
        return not text
    head, rest = parts[0], parts[1:]
    if head == "*":
        return any(matches_by_definition(rest, text[taken:]) for taken in range(len(text) + 1))
    if head == "?":
        return bool(text) and matches_by_definition(rest, text[1:])
    return text.startswith(head) and matches_by_definition(rest, text[len(head) :])


def written(parts: list[str]) -> str:
    """Writes a pattern in Sigma's syntax, escaping what would mean something."""
    return "".join(part if part in ("*", "?") else escaped(part) for part in parts)


def escaped(text: str) -> str:
    """Writes a text so that nothing in it is a wildcard."""
    return re.sub(r"([\\*?])", r"\\\1", text)


@settings(deadline=None)
@given(_patterns, _texts)
@example(["a", "*", "a"], "a")
@example(["*", "b", "*", "ab"], "ab")
def test_wildcards_match_what_their_definition_says(parts: list[str], text: str) -> None:
    pattern = SigmaString(written(parts))
    expected = matches_by_definition(parts, text)
    assert compile_pattern(pattern, fold=False)(text) is expected
    folded = [part.casefold() for part in parts]
    assert compile_pattern(pattern, fold=True)(text.casefold()) is matches_by_definition(folded, text.casefold())


@settings(deadline=None)
@given(st.text(_letters, max_size=12))
def test_a_text_without_wildcards_is_itself(text: str) -> None:
    assert plain_text(SigmaString(escaped(text))) == text


@pytest.mark.filterwarnings("ignore:Possible nested set:FutureWarning")
@settings(deadline=None)
@given(st.text(_letters, max_size=8), _texts)
def test_regular_expressions_agree_with_those_of_python_where_both_take_them(pattern: str, text: str) -> None:
    try:
        ours = compile_re2(pattern)
        theirs = re.compile(pattern)
    except (UnsupportedError, re.error):
        return
    # $ before a last line feed is a match in Python and Perl, and none in RE2
    if "$" in pattern and text.endswith("\n"):
        return
    assert ours(text) is (theirs.search(text) is not None)


@pytest.mark.parametrize("pattern", ["(?=a)b", "(?<!a)b", r"(a)\1", "a{2000}", "(", "[z-a]"])
def test_what_re2_refuses_is_said(pattern: str) -> None:
    with pytest.raises(UnsupportedError, match="RE2"):
        compile_re2(pattern)
