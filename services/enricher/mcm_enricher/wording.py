"""Text from events, made harmless: it is quoted in explanations, and whoever wrote the event may be an attacker."""

import html
import re
import unicodedata
from typing import Final

LINK_REMOVED: Final = "(link removed)"

_NEEDS_A_LOOK: Final = re.compile(r"[^A-Za-z0-9 ,;@%+'\"()=?!$^&._-]|__|&[#\w]|www\.", re.ASCII | re.IGNORECASE)
_ESCAPED_DEEP: Final = 3
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_REPLACED: Final = str.maketrans(
    {
        **{chr(code): " " for code in (*range(32), 127)},
        **dict.fromkeys("<>|\\", " "),
        **dict.fromkeys("[{", "("),
        **dict.fromkeys("]}", ")"),
        "`": "'",
    }
)
_LINKS: Final = re.compile(
    r"""(?<!\S)\S*:\s*/\s*/\S*                              # any scheme
      | \b(?:https?|ftps?|javascript|vbscript|mailto):\S*   # schemes that need no slashes
      | \bdata:\w+/\S*
      | (?<!\S)//\S+                                        # relative to the page's scheme
      | \bwww\.\S+
      | \b(?:[\w-]+\.)+[^\W\d_]{2,}(?::\d+)?/\S*            # a host and a path
    """,
    re.IGNORECASE | re.VERBOSE,
)
_SLASHES: Final = re.compile(r"/{2,}")
# a star that is a wildcard (admin:*, repo/*) stays; one that would make text bold goes
_MARKUP: Final = re.compile(r"(?<![:/])\*|\*(?=\w)|_{2,}|~{2,}|#{2,}|(?<!\S)#(?=\s)")


def plain(value: object, *, characters: int = 80, words: int = 8) -> str:
    """Makes one line of harmless text of a value, at most ``characters`` long and of at most ``words`` words.

    No links, no HTML, no Markdown, no control, direction or invisible characters; compatibility forms of letters are
    folded first, so that none of these comes back through a look-alike.
    """
    text = str(value)[: characters * 4]
    if _NEEDS_A_LOOK.search(text):
        text = _neutralise(text)
    return shorten(text, characters=characters, words=words)


def shorten(text: str, *, characters: int, words: int) -> str:
    """Cuts text to a number of words and characters, ending in an ellipsis where something was cut."""
    parts = text.split()
    kept = " ".join(parts[:words])
    if len(kept) > characters:
        return kept[: characters - 1].rstrip() + "…"
    return kept + "…" if len(parts) > words else kept


def count_words(text: str) -> int:
    """Counts words as people do: what stands between spaces."""
    return len(text.split())


def sentence(text: str) -> str:
    """Ends text with a full stop unless it ends like a sentence already."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def readable(text: str) -> str:
    """Folds look-alike forms of letters and drops characters that nobody sees; lines stay lines."""
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", text)
    return "".join(
        character for character in text if character in "\n\t" or unicodedata.category(character) not in _HIDDEN
    )


def _neutralise(text: str) -> str:
    for _ in range(_ESCAPED_DEEP):
        text = html.unescape(text)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        text = "".join(" " if unicodedata.category(character) in _HIDDEN else character for character in text)
    text = text.translate(_REPLACED)
    return _SLASHES.sub("/", _MARKUP.sub("", _LINKS.sub(LINK_REMOVED, text)))
