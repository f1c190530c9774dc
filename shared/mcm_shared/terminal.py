"""Escaping of untrusted text for terminals."""

import unicodedata
from typing import Final

# control, format and surrogate characters, line and paragraph separators
_UNPRINTABLE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def escape_controls(text: str) -> str:
    r"""Escapes control characters that a terminal would interpret: ``\u001b``."""
    if text.isprintable():
        return text
    return "".join(f"\\u{ord(each):04x}" if unicodedata.category(each) in _UNPRINTABLE else each for each in text)
