"""Texts compare by Unicode case folding, addresses by value."""

from typing import Any

import pytest
import yaml

from mcm_rules_engine.sigma.load import parse_rules
from mcm_shared.testing.builders import an_event


def holds(selection: Any, facts: dict[str, Any]) -> bool:
    """Tells whether a rule with this selection matches an event with these facts."""
    rule = {"title": "t", "logsource": {"category": "activity"}}
    text = yaml.safe_dump(rule | {"detection": {"selection": selection, "condition": "selection"}})
    return bool(parse_rules(text).match(an_event(raw_data=facts)))


@pytest.mark.parametrize(
    ("selection", "text"),
    [
        ({"f": "ΟΔΟΣ"}, "οδος"),
        ({"f": "οδος"}, "ΟΔΟΣ"),
        ({"f|contains": "ΟΔΟΣ"}, "ΟΔΟΣΑ"),
        ({"f|startswith": "ΟΔΟΣ"}, "οδοσα"),
        ({"f|endswith": "ΣΟΔΟΣ"}, "ησοδος"),
        ({"f": "*ΟΔΟΣ*ΣΑΣ"}, "οδοςςας"),
        ({"f": "οδο?"}, "ΟΔΟΣ"),
        ({"f": "stra?e"}, "STRASSE".replace("SS", "ß")),
        ({"f": "STRASSE"}, "straße"),
        ({"f": "straße ?"}, "STRASSE 5"),
        ({"f": "İstanbul"}, "i̇STANBUL"),
        ({"f|re|i": "^οδος$"}, "ΟΔΟΣ"),
        ({"f|fieldref": "g"}, "ΟΔΟΣ"),
        ({"f|fieldref|startswith": "g"}, "ΟΔΟΣΑ"),
        (["ΟΔΟΣ"], "η οδοσα"),
        (["δ?ς"], "ΟΔΟΣ"),
    ],
)
def test_case_is_folded_as_unicode_says(selection: Any, text: str) -> None:
    facts = {"f": text, "g": "οδος"} if "fieldref" in str(selection) else {"f": text}
    assert holds(selection, facts)
    assert not holds(selection, {**facts, "f": "ΟΔ"})


@pytest.mark.parametrize(
    ("network", "address", "expected"),
    [
        ("::ffff:10.0.0.0/104", "::ffff:10.1.2.3", True),
        ("::ffff:10.0.0.0/104", "10.1.2.3", True),
        ("::ffff:10.0.0.0/104", "::ffff:11.0.0.1", False),
        ("::ffff:10.0.0.0/104", "2001:db8::1", False),
        ("10.0.0.0/8", "::ffff:a01:203", True),
        ("::/0", "::ffff:10.1.2.3", True),
        ("::/0", "10.1.2.3", False),
        ("2001:DB8::/32", "2001:0db8:0:0::1", True),
        ("::ffff:0:0/96", "192.0.2.1", True),
    ],
)
def test_networks_compare_addresses_by_value(network: str, address: str, expected: bool) -> None:
    assert holds({"f|cidr": network}, {"f": address}) is expected
