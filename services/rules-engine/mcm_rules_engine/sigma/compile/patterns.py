"""Sigma's string patterns and regular expressions as Python predicates, each in time linear in the text."""

from collections.abc import Callable
from typing import Any, Final

import re2  # type: ignore[import-untyped]
from sigma.types import (
    Placeholder,
    SigmaRegularExpression,
    SigmaRegularExpressionFlag,
    SigmaString,
    SpecialChars,
)

from mcm_rules_engine.sigma.unsupported import UnsupportedError

TextTest = Callable[[str], bool]

_MANY: Final = SpecialChars.WILDCARD_MULTI
_FLAG_LETTERS: Final = {
    SigmaRegularExpressionFlag.IGNORECASE: "i",
    SigmaRegularExpressionFlag.MULTILINE: "m",
    SigmaRegularExpressionFlag.DOTALL: "s",
}


def plain_text(value: SigmaString) -> str | None:
    """Returns the text of a pattern without wildcards; None when it has some."""
    parts = _parts(value)
    if not parts:
        return ""
    first = parts[0]
    return first if len(parts) == 1 and isinstance(first, str) else None


def compile_pattern(value: SigmaString, *, fold: bool) -> TextTest:
    """Compiles a string with wildcards to a test of a whole text; with ``fold``, of a text already case-folded."""
    parts = [part.casefold() if fold and isinstance(part, str) else part for part in _parts(value)]
    if SpecialChars.WILDCARD_SINGLE in parts:
        return _by_regex(parts)
    texts = [part for part in parts if isinstance(part, str)]
    if not texts:
        return (lambda _: True) if parts else (lambda text: not text)
    open_start, open_end = parts[0] is _MANY, parts[-1] is _MANY
    if len(texts) > 1:
        return _segments(texts, open_start, open_end)
    return _single(texts[0], open_start, open_end)


def compile_single_wildcards(value: SigmaString) -> list[TextTest]:
    """Compiles a string with ``?`` to a test of a text as it is: folding may make two characters of one, as of ß."""
    parts = _parts(value)
    return [_by_regex(parts, "i")] if SpecialChars.WILDCARD_SINGLE in parts else []


def anywhere(value: SigmaString) -> SigmaString:
    """Returns the pattern that matches where a keyword stands anywhere in a text."""
    wrapped = SigmaString()
    wrapped.s = [_MANY, *_parts(value), _MANY]
    return wrapped


def compile_regex(value: SigmaRegularExpression) -> TextTest:
    """Compiles a regular expression to a search in a text; RE2 runs it in time linear in the text."""
    _parts(value.regexp)
    return compile_re2(str(value.regexp), "".join(sorted(_FLAG_LETTERS[flag] for flag in value.flags)))


def compile_re2(pattern: str, flags: str = "") -> TextTest:
    """Compiles a pattern for RE2; raises UnsupportedError for what RE2 has not, such as look-around."""
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    try:
        compiled = re2.compile(f"(?{flags}){pattern}" if flags else pattern, options)
    except re2.error as error:
        reason = error.args[0].decode(errors="replace") if error.args and isinstance(error.args[0], bytes) else error
        raise UnsupportedError(
            f"the regular expression {pattern!r} is refused: {reason} (regular expressions run on RE2, which bounds "
            "their time: no look-around, no back references)"
        ) from None
    search = compiled.search

    def found(text: str) -> bool:
        try:
            return search(text) is not None
        except UnicodeEncodeError:
            return search(text.encode(errors="replace").decode()) is not None

    return found


def _parts(value: SigmaString) -> list[Any]:
    parts: list[Any] = []
    for part in value.s:
        if isinstance(part, Placeholder):
            raise UnsupportedError(f"the placeholder %{part.name}% has no values here: write the values out")
        if part is _MANY and parts and parts[-1] is _MANY:
            continue
        parts.append(part)
    return parts


def _single(part: str, open_start: bool, open_end: bool) -> TextTest:
    if open_start and open_end:
        return lambda text: part in text
    if open_start:
        return lambda text: text.endswith(part)
    if open_end:
        return lambda text: text.startswith(part)
    return lambda text: text == part


def _segments(texts: list[str], open_start: bool, open_end: bool) -> TextTest:
    # taking each segment at its leftmost place is enough: a later place never leaves more room for the rest
    head = "" if open_start else texts[0]
    tail = "" if open_end else texts[-1]
    middle = texts[0 if open_start else 1 : None if open_end else -1]

    def matches(text: str) -> bool:
        if not text.startswith(head) or not text.endswith(tail):
            return False
        at, end = len(head), len(text) - len(tail)
        for segment in middle:
            at = text.find(segment, at, end)
            if at < 0:
                return False
            at += len(segment)
        return at <= end

    return matches


def _by_regex(parts: list[Any], flags: str = "") -> TextTest:
    pattern = "".join(re2.escape(part) if isinstance(part, str) else ".*" if part is _MANY else "." for part in parts)
    return compile_re2(f"^(?:{pattern})$", f"{flags}s")
