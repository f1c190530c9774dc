"""The rules that ship, loaded once for all tests of a process: the pack takes seconds."""

from functools import cache
from pathlib import Path
from typing import Final

from mcm_rules_engine.sigma.load import load_rules
from mcm_rules_engine.sigma.model.ruleset import Ruleset

CLOUD_PACK: Final = Path(__file__).resolve().parents[4] / "packs" / "cloud"


NOT_FOLLOWED: Final = """
title: Started
id: 00000000-0000-4000-8000-000000000001
name: started
level: informational
logsource: {category: activity}
detection: {one: {event_type: started}, condition: one}
---
title: Ended
id: 00000000-0000-4000-8000-000000000002
name: ended
level: informational
logsource: {category: activity}
detection: {one: {event_type: ended}, condition: one}
---
title: Not ended
id: 00000000-0000-4000-8000-000000000003
name: not_ended
level: high
group_for: 1d
description: '{user} started and did not end within {timespan}'
correlation: {type: not_followed_by, rules: [started, ended], group-by: [user], timespan: 30m}
"""
"""Rules in YAML: `started`, `ended`, and `not_ended` for what does not follow within 30 minutes."""


@cache
def builtin_rules() -> Ruleset:
    """Returns the built-in rules."""
    return load_rules()


@cache
def cloud_rules() -> Ruleset:
    """Returns the built-in rules and the pack for clouds."""
    return load_rules([CLOUD_PACK])
