"""The rules that ship, loaded once for all tests of a process: the pack takes seconds."""

from functools import cache
from pathlib import Path
from typing import Final

from mcm_rules_engine.sigma.load import load_rules
from mcm_rules_engine.sigma.model.ruleset import Ruleset

CLOUD_PACK: Final = Path(__file__).resolve().parents[4] / "packs" / "cloud"


@cache
def builtin_rules() -> Ruleset:
    """Returns the built-in rules."""
    return load_rules()


@cache
def cloud_rules() -> Ruleset:
    """Returns the built-in rules and the pack for clouds."""
    return load_rules([CLOUD_PACK])
