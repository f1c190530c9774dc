"""Rules as Hypothesis makes them up: single-event rules, correlations over them, and recomputed rules."""

from collections.abc import Sequence
from typing import Any

import yaml
from hypothesis import strategies as st

SPANS = {"10s": 10, "30s": 30, "1m": 60}
FIELDS = ("user", "ip", "kind")
EVENT_TYPES = ("a", "b", "c")
LEVELS = ("low", "medium", "high", "critical")


def _identity(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


@st.composite
def _cased(draw: st.DrawFn, fields: Sequence[str], may_be: Sequence[str] = FIELDS) -> list[str]:
    """Writes fields to group by, some of them distinguished by their exact spelling."""
    return [f"{field}|cased" if field in may_be and draw(st.integers(0, 4)) == 0 else field for field in fields]


@st.composite
def _single_rules(draw: st.DrawFn, number: int) -> dict[str, Any]:
    types = draw(st.lists(st.sampled_from(EVENT_TYPES), min_size=1, max_size=2, unique=True))
    rule: dict[str, Any] = {
        "title": f"Rule {number}",
        "id": _identity(number),
        "name": f"rule_{number}",
        "description": "{user} did {kind} from {ip}",
        "level": draw(st.sampled_from(("low", "medium", "informational"))),
        "logsource": {"category": "activity"},
        "detection": {"one": {"event_type": types}, "_worse": {"kind": "x"}, "condition": "one"},
        "group_by": draw(_cased(draw(st.lists(st.sampled_from(FIELDS), max_size=2, unique=True)))),
        "group_for": draw(st.sampled_from(("1m", "2m", "7d"))),
    }
    if draw(st.booleans()):
        rule["escalate"] = {"high": "_worse"}
    return rule


@st.composite
def _correlations(
    draw: st.DrawFn, number: int, below: dict[str, tuple[str, ...]], nestable: set[str]
) -> dict[str, Any]:
    """Makes a correlation over some of the rules in ``below``, which has the fields of each."""
    kind = draw(st.sampled_from(("event_count", "value_count", "temporal", "temporal_ordered")))
    tumbling = kind == "event_count" and draw(st.integers(0, 2)) == 0
    names = sorted(name for name in below if not (tumbling and name in nestable))
    fewest = 2 if kind.startswith("temporal") else 1
    rules = draw(st.lists(st.sampled_from(names), min_size=fewest, max_size=3, unique=True))
    shared = sorted(set(FIELDS).intersection(*(below[name] for name in rules)))
    largest = draw(st.sampled_from((0, 1, 1, 2)))
    group_by = draw(st.lists(st.sampled_from(shared), max_size=largest, unique=True)) if shared else []
    aliases = {}
    if all(below[name] for name in rules) and draw(st.integers(0, 3)) == 0:
        aliases["who"] = {name: draw(st.sampled_from(below[name])) for name in rules}
        group_by = [*group_by[:1], "who"]
    if kind == "value_count" and not shared:
        kind = "event_count"
    keys: dict[str, Any] = {
        "type": kind,
        "rules": rules,
        "group-by": draw(_cased(group_by, [] if nestable.intersection(rules) else [*FIELDS, "who"])),
        "timespan": draw(st.sampled_from(tuple(SPANS))),
    }
    if aliases:
        keys["aliases"] = aliases
    if draw(st.integers(0, 3)):
        keys["generate"] = True
    if tumbling:
        keys["window"] = "tumbling"
    document: dict[str, Any] = {
        "title": f"Correlation {number}",
        "id": _identity(number),
        "name": f"correlation_{number}",
        "description": "{count} in {timespan}",
        "level": draw(st.sampled_from(LEVELS[:2])),
        "group_for": draw(st.sampled_from(("1m", "2m", "7d"))),
        "correlation": keys,
    }
    if kind == "temporal":
        _of_some_rules(draw, document, rules)
    elif kind != "temporal_ordered":
        threshold = draw(st.integers(1, 3 if kind == "value_count" else 5))
        keys["condition"] = draw(st.sampled_from(({"gte": threshold}, {"gt": threshold - 1})))
        if kind == "value_count":
            counted = draw(st.lists(st.sampled_from(shared), min_size=1, max_size=2, unique=True))
            keys["condition"]["field"] = draw(_cased(counted, [] if nestable.intersection(rules) else FIELDS))
        steps = sorted(draw(st.sets(st.integers(threshold + 1, threshold + 6), max_size=2)))
        document["escalate"] = dict(zip(("high", "critical"), steps, strict=False))
    return document


def _of_some_rules(draw: st.DrawFn, document: dict[str, Any], rules: Sequence[str]) -> None:
    """Lets a temporal correlation hold with some of its rules: by their number, or joined by ``or``."""
    lowest = draw(st.integers(1, len(rules)))
    first, *others = rules
    conditions = (None, {"gte": lowest}, " or ".join(rules), f"{first} and ({' or '.join(others)})")
    condition = draw(st.sampled_from(conditions))
    if condition is not None:
        document["correlation"]["condition"] = condition
    if isinstance(condition, dict) and lowest < len(rules):
        document["escalate"] = {"high": len(rules)}


@st.composite
def _recomputed(draw: st.DrawFn, number: int, rules: Sequence[str]) -> dict[str, Any]:
    """Makes a rule whose results later events can take back."""
    kind = draw(st.sampled_from(("not_followed_by", "new_value", "event_count", "value_sum", "value_avg")))
    pair = kind == "not_followed_by"
    keys: dict[str, Any] = {
        "type": kind,
        "rules": draw(st.lists(st.sampled_from(rules), min_size=2 if pair else 1, max_size=2, unique=True)),
        "group-by": draw(_cased(draw(st.lists(st.sampled_from(FIELDS), max_size=1)))),
        "generate": True,
    }
    if kind == "new_value":
        keys["history"] = draw(st.sampled_from(("30s", "1m")))
        keys["learning"] = draw(st.sampled_from(("0s", "10s", "20s")))
        keys["condition"] = {"field": draw(_cased(draw(st.sampled_from((["kind"], ["ip"], ["ip", "kind"])))))}
    else:
        keys["timespan"] = draw(st.sampled_from(tuple(SPANS)))
    if kind in ("event_count", "value_sum", "value_avg"):
        count = kind == "event_count"
        operators = ("lt", "lte", "eq", "neq") if count else ("lt", "lte", "eq", "neq", "gt", "gte")
        number_of = st.integers(0, 4) if count else st.sampled_from((0, 1, 2.5, -4))
        keys["condition"] = {draw(st.sampled_from(operators)): draw(number_of)}
        keys["condition"] |= {} if count else {"field": "size"}
        keys["window"] = "tumbling"
    return {
        "title": f"Recomputed {number}",
        "id": _identity(number),
        "name": f"recomputed_{number}",
        "description": "{count} in {timespan}" if pair else "{count}: {value}",
        "level": draw(st.sampled_from(LEVELS)),
        "group_for": draw(st.sampled_from(("1m", "2m", "7d"))),
        "correlation": keys,
    }


@st.composite
def rule_sets(draw: st.DrawFn, *, fewest_recomputed: int = 0) -> str:
    """Makes two or three single-event rules and one to four correlations over them and over each other."""
    documents = [draw(_single_rules(number)) for number in range(1, draw(st.integers(2, 3)) + 1)]
    single = [document["name"] for document in documents]
    documents += [
        draw(_recomputed(number, single)) for number in range(31, 31 + draw(st.integers(fewest_recomputed, 3)))
    ]
    below: dict[str, tuple[str, ...]] = dict.fromkeys(single, FIELDS)
    correlations: set[str] = set()
    depth = dict.fromkeys(below, 0)
    for number in range(11, 11 + draw(st.integers(1, 4))):
        document = draw(_correlations(number, {name: below[name] for name in below if depth[name] < 3}, correlations))
        documents.append(document)
        keys = document["correlation"]
        if keys.get("window") != "tumbling":
            below[document["name"]] = tuple(field.removesuffix("|cased") for field in keys["group-by"])
            depth[document["name"]] = 1 + max(depth[name] for name in keys["rules"])
            correlations.add(document["name"])
    return yaml.safe_dump_all(documents, sort_keys=False)
