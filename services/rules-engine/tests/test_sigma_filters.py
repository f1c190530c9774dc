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
        (
            "[uploads]",
            "[upload]",
            "rule.yml:22: filter.rules: no rule has the id, name or title 'upload', did you mean",
        ),
        (
            "{category: activity}\nfilter",
            "{product: aws, service: cloudtrail}\nfilter",
            "logsource: does not cover the log source of the rule 'uploads'",
        ),
        ("{ip|cidr: 192.0.2.0/24}", "{ip|cdr: 192.0.2.0/24}", "rule.yml:24: filter.selection_ip.ip|cdr: the modifier"),
        ("condition: not all of selection_*", "condition: not nothing", "'not nothing' is refused"),
        ("  rules: [uploads]\n", "", "filter.rules: must be `any`, or a list"),
        ("  condition: not all of selection_*", "  condition: [selection_ip]", "filter.condition: must be one text"),
    ],
)
def test_a_filter_that_cannot_work_is_an_error(line: str, instead: str, expected: str) -> None:
    text = RULES + FILTER
    assert line in text
    with pytest.raises(RuleLoadError) as caught:
        parse_rules(text.replace(line, instead))
    assert expected in str(caught.value)


def test_a_pattern_of_a_rule_takes_in_no_detection_of_a_filter() -> None:
    rule = """\
title: Rule
id: 00000000-0000-4000-8000-000000000001
name: rule
level: low
logsource: {category: activity}
detection:
  _a: {k: a}
  _z: {k: [a, b]}
  condition: all of _*
escalate: {high: 1 of _*, critical: all of _* and _z}
---
title: Not these
logsource: {category: activity}
filter:
  rules: [rule]
  CONDITION
"""
    for detections in ("{sel: {x: 1}, condition: not sel}", "{_x: {x: 1}, condition: not 1 of _*}"):
        text = rule.replace("rules: [rule]\n  CONDITION", detections[1:-1].replace(", ", "\n  "))
        ruleset = parse_rules(text.replace("filter:\n", "filter:\n  rules: rule\n"))
        assert [match.severity for match in ruleset.match(an_event(raw_data={"k": "a"}))] == ["critical"]
        assert not ruleset.match(an_event(raw_data={"k": "a", "x": 1}))
        assert not ruleset.match(an_event(raw_data={"k": "b"}))


@pytest.mark.parametrize("name", ["_x", "1x", "x-1", "not_x", "any", "1e3"])
def test_a_detection_of_a_filter_may_bear_any_name(name: str) -> None:
    definition = f"{{rules: any, {name}: {{user: bot}}, condition: not {name}}}"
    ruleset = parse_rules(f"{RULES}title: F\nlogsource: {{category: activity}}\nfilter: {definition}\n")
    assert names(ruleset, "upload", "bot", "192.0.2.1") == []
    assert names(ruleset, "upload", "mona@example.com", "192.0.2.1") == ["uploads"]


NATIVE = """\
title: Created
id: 00000000-0000-4000-8000-000000000001
level: low
logsource: {RULE}
detection:
  selection: {eventName: CreateUser}
  condition: selection
---
title: Not the bot
logsource: {FILTER}
filter:
  rules: any
  bot: {userIdentity.userName: bot}
  condition: not bot
"""


@pytest.mark.parametrize("of_rule", ["service: cloudtrail", "product: aws", "product: AWS, service: CloudTrail"])
@pytest.mark.parametrize("of_filter", ["service: cloudtrail", "product: AWS", "product: aws, service: cloudtrail"])
def test_the_log_source_of_a_filter_is_compared_as_understood(of_rule: str, of_filter: str) -> None:
    ruleset = parse_rules(NATIVE.replace("RULE", of_rule).replace("FILTER", of_filter))
    payload = {"eventName": "CreateUser", "userIdentity": {"userName": "bot"}}
    assert not ruleset.match(an_event(source="aws.cloudtrail", raw_data=payload))
    assert ruleset.match(an_event(source="aws.cloudtrail", raw_data={"eventName": "CreateUser"}))


def test_a_filter_may_cover_every_source_of_a_product() -> None:
    ruleset = parse_rules(NATIVE.replace("RULE", "service: activitylogs").replace("FILTER", "product: azure"))
    payload = {"eventName": "CreateUser", "userIdentity": {"userName": "bot"}}
    assert not ruleset.match(an_event(source="azure.activity", raw_data=payload))


def test_a_filter_of_another_log_source_excludes_nothing() -> None:
    ruleset = parse_rules(NATIVE.replace("RULE", "service: cloudtrail").replace("FILTER", "product: okta"))
    payload = {"eventName": "CreateUser", "userIdentity": {"userName": "bot"}}
    assert ruleset.match(an_event(source="aws.cloudtrail", raw_data=payload))


@pytest.mark.parametrize("reference", ["00000000-0000-4000-8000-00000000000A", "upl", "The uploads"])
def test_a_filter_names_a_rule_by_id_in_any_case_by_name_or_by_title(reference: str) -> None:
    rules = RULES.replace("000000000001", "00000000000a").replace("name: uploads", "name: upl")
    ruleset = parse_rules(rules.replace("title: Uploads", "title: The uploads") + FILTER.replace("uploads", reference))
    assert names(ruleset, "upload", "backup-bot", "192.0.2.1") == []
