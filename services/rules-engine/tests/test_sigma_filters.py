"""Sigma filters: what they exclude from which rules."""

import pytest

from mcm_rules_engine.sigma.load import parse_rules
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_shared.errors import RuleLoadError
from mcm_shared.testing.builders import an_event

RULES = """\
title: Uploads
id: 00000000-0000-4000-8000-000000000001
name: uploads
level: low
logsource: {category: activity}
detection:
  selection: {event_type: upload}
  condition: 1 of them
---
title: Downloads
id: 00000000-0000-4000-8000-000000000002
name: downloads
level: low
logsource: {category: activity}
detection:
  selection: {event_type: download}
  condition: selection
---
"""
FILTER = """\
title: The backup is expected
logsource: {category: activity}
filter:
  rules: [uploads]
  selection_user: {user: backup-bot}
  selection_ip: {ip|cidr: 192.0.2.0/24}
  condition: not all of selection_*
"""


def names(ruleset: Ruleset, event_type: str, user: str, ip: str) -> list[str]:
    """Lists the rules that match."""
    return [match.rule.name for match in ruleset.match(an_event(event_type=event_type, user=user, ip=ip))]


def test_a_filter_excludes_from_the_rules_it_names() -> None:
    ruleset = parse_rules(RULES + FILTER)
    assert names(ruleset, "upload", "backup-bot", "192.0.2.1") == []
    assert names(ruleset, "upload", "backup-bot", "198.51.100.1") == ["uploads"]
    assert names(ruleset, "upload", "mona@example.com", "192.0.2.1") == ["uploads"]
    assert names(ruleset, "download", "backup-bot", "192.0.2.1") == ["downloads"]


def test_a_filter_names_rules_by_id_or_applies_to_any() -> None:
    by_id = parse_rules(RULES + FILTER.replace("[uploads]", "[00000000-0000-4000-8000-000000000002]"))
    assert names(by_id, "download", "backup-bot", "192.0.2.1") == []
    assert names(by_id, "upload", "backup-bot", "192.0.2.1") == ["uploads"]
    of_any = parse_rules(RULES + FILTER.replace("[uploads]", "any"))
    assert names(of_any, "download", "backup-bot", "192.0.2.1") == []
    assert names(of_any, "upload", "backup-bot", "192.0.2.1") == []


def test_a_filter_changes_the_version_of_its_rules_only_and_always_to_the_same() -> None:
    plain, filtered, again = (parse_rules(text).rules for text in (RULES, RULES + FILTER, RULES + FILTER))
    assert plain[0].version != filtered[0].version == again[0].version
    assert plain[1].version == filtered[1].version


@pytest.mark.parametrize(
    ("line", "instead", "expected"),
    [
        ("[uploads]", "[upload]", "rule.yml:22: filter.rules: no rule has the id or name 'upload', did you mean"),
        (
            "{category: activity}\nfilter",
            "{product: aws, service: cloudtrail}\nfilter",
            "logsource: is not that of",
        ),
        ("{ip|cidr: 192.0.2.0/24}", "{ip|cdr: 192.0.2.0/24}", "rule.yml:24: filter.selection_ip.ip|cdr: the modifier"),
        ("condition: not all of selection_*", "condition: not nothing", "'not nothing' is refused"),
        ("  rules: [uploads]\n", "", "must have a 'rules' field"),
        ("  condition: not all of selection_*", "  condition: [selection_ip]", "filter condition must be a string"),
    ],
)
def test_a_filter_that_cannot_work_is_an_error(line: str, instead: str, expected: str) -> None:
    text = RULES + FILTER
    assert line in text
    with pytest.raises(RuleLoadError) as caught:
        parse_rules(text.replace(line, instead))
    assert expected in str(caught.value)
