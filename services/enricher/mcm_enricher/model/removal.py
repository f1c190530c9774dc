"""Removal of the value in a match, of which the groups are the name and what stands between it and the value."""

import re
from collections.abc import Callable


def without_value(found: re.Match[str], removed: str) -> str:
    """Replaces what follows the groups of a match by ``removed``."""
    return _name(found) + removed


def without_new_value(found: re.Match[str], removed: str) -> str:
    """Like ``without_value``, but leaves a value that was removed before, with what follows it."""
    rest = found[0][len(_name(found)) :]
    return found[0] if rest.startswith(removed.split()[0]) else without_value(found, removed)


def removed_where(is_secret: Callable[[str], bool], removed: str) -> Callable[[re.Match[str]], str]:
    """Returns a function that replaces a match by ``removed`` where its text passes a test."""
    return lambda found: removed if is_secret(found[0]) else found[0]


def _name(found: re.Match[str]) -> str:
    return "".join(filter(None, found.groups()))
