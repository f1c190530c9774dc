"""A rule file of any shape is loaded or refused, and never ends in another error."""

import copy
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from sigma.modifiers import modifier_mapping

from mcm_rules_engine.sigma.load import parse_rules
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.errors import RuleLoadError
from mcm_shared.testing.builders import an_event

RULE: dict[str, Any] = {
    "title": "Good",
    "id": "00000000-0000-4000-8000-000000000001",
    "name": "good",
    "level": "low",
    "description": "{user} {target.name}",
    "logsource": {"category": "activity"},
    "detection": {
        "selection": {"event_type": "x", "target.name|contains": ["a", "b"]},
        "others": [{"size|gt": 5}, {"ip|cidr": "192.0.2.0/24"}],
        "words": ["a", "b"],
        "condition": "selection or 1 of o* and not words",
    },
    "escalate": {"high": "selection"},
    "group_by": ["user", "target.name"],
    "group_for": "1h",
    "tags": ["attack.t1110"],
    "falsepositives": ["none"],
    "tests": [{"name": "t", "events": [{"event_type": "x", "raw_data": {"size": 5}}], "expect": [{"severity": "low"}]}],
}
EVENTS: list[SourceEvent] = [
    an_event(event_type="x", user="a", raw_data={"target": {"name": ["a", 5, None]}, "size": 9, "ip": "192.0.2.1"}),
    an_event(
        event_type="y", user=None, raw_data={"target": [{"name": True}], "size": "9", "f": {"a": 1.5}, "ip": None}
    ),
]

_scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 300),
    st.floats(allow_nan=False, allow_infinity=False, width=16),
    st.sampled_from(
        ["", "a", "*", "a*b?", "\\", "%x%", "1h", "(", "x|y", "2026-01-01", "192.0.2.0/24", "{", "selection"]
    ),
    st.text(max_size=4),
)
_keys = st.one_of(
    st.sampled_from([1, True, None, 2.5]),
    st.sampled_from(["condition", "rules", "a", "selection", "level", "category", "product", "timeframe"]),
    st.builds(
        lambda field, modifiers: "|".join([field, *modifiers]),
        st.sampled_from(["", "f", "size", "ip", "target.name", "user", ".", "a..b"]),
        st.lists(st.sampled_from(sorted(modifier_mapping)), min_size=1, max_size=3),
    ),
)
_values = st.recursive(
    _scalars,
    lambda below: st.one_of(st.lists(below, max_size=3), st.dictionaries(_keys, below, max_size=3)),
    max_leaves=5,
)


def places(node: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Lists the paths to every value."""
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [at, *(place for key, child in children for place in places(child, (*at, key)))]


def parent_of(node: Any, place: tuple[Any, ...]) -> Any:
    """Finds what holds a value."""
    for key in place[:-1]:
        node = node[key]
    return node


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_a_rule_of_any_shape_is_loaded_or_refused(data: st.DataObject) -> None:
    rule = copy.deepcopy(RULE)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from([place for place in places(rule) if place]))
        parent = parent_of(rule, place)
        match data.draw(st.sampled_from(["replace", "rename", "remove"])):
            case "replace":
                parent[place[-1]] = data.draw(_values)
            case "rename" if isinstance(parent, dict):
                parent[data.draw(_keys)] = parent.pop(place[-1])
            case _:
                del parent[place[-1]]
    loads_or_is_refused(yaml.safe_dump(rule))


@settings(max_examples=300, deadline=None)
@given(_keys, _values)
def test_a_selection_of_any_shape_is_loaded_or_refused(key: str, value: Any) -> None:
    rule = copy.deepcopy(RULE)
    rule["detection"] = {"selection": {key: value}, "condition": "selection"}
    loads_or_is_refused(yaml.safe_dump(rule))


@settings(deadline=None)
@given(st.text(max_size=40))
def test_a_text_of_any_kind_is_loaded_or_refused(text: str) -> None:
    loads_or_is_refused(text)


def loads_or_is_refused(text: str) -> None:
    """Loads rules, and evaluates those that load."""
    try:
        ruleset = parse_rules(text)
    except RuleLoadError as error:
        assert "rule.yml" in str(error)  # noqa: PT017 - either outcome is fine, each has its own claim
        return
    for event in EVENTS:
        for match in ruleset.match(event):
            assert all(isinstance(group.key, str) for group in match.groups)
