"""The page on the built-in rules lists all of them, as they are."""

from datetime import timedelta
from pathlib import Path

from mcm_rules_engine.sigma.model.correlation import Correlation, Kind
from mcm_rules_engine.sigma.model.rule import Rule
from mcm_rules_engine.sigma.parse.rule_tests import expand_events
from mcm_rules_engine.testing.rulesets import builtin_rules
from mcm_shared.contracts.findings import Severity

TOP = Path(__file__).resolve().parents[3]
PAGE = (TOP / "docs" / "rules.md").read_text()
PACK_PAGE = (TOP / "packs" / "cloud" / "README.md").read_text()
BUILTIN = builtin_rules()


def severities(rule: Rule | Correlation) -> str:
    """Writes the severities a rule can reach, the lowest first."""
    if isinstance(rule, Correlation):
        reached = {severity for _, severity in rule.steps}
    else:
        events = [event for test in rule.tests for event in expand_events(test)]
        reached = {match.severity for event in events for match in BUILTIN.match(event) if match.rule is rule}
    return ", ".join(severity for severity in Severity if severity in reached)


def counted(rule: Correlation) -> str:
    """Writes what makes a correlation fire."""
    if rule.kind is Kind.NEW_VALUE:
        return f"a value not seen in {rule.timespan.days} days"
    if rule.kind is Kind.SILENCE:
        return f"twice the longest pause in {rule.history.days} days"
    if rule.kind is Kind.UNUSUAL_BEHAVIOUR and rule.comparison is not None:
        return f"{rule.score} score of {rule.comparison.number} bits"
    span = f"{rule.timespan // timedelta(minutes=1)} min"
    if rule.kind is Kind.NOT_FOLLOWED_BY:
        return f"the second does not follow within {span}"
    if rule.kind is Kind.TEMPORAL_ORDERED:
        return f"one after the other within {span}"
    return f"{', '.join(str(least) for least, _ in rule.steps)} in {span}"


def row(rule: Rule | Correlation) -> str:
    """Writes a rule as a line of the page's tables."""
    cells = [f"`{rule.name}`", rule.title, severities(rule)]
    if isinstance(rule, Correlation):
        cells.append(counted(rule))
    return f"| {' | '.join(cells)} |"


def test_the_page_lists_every_built_in_rule_as_it_is() -> None:
    rows = {row(rule) for rule in BUILTIN.all if rule.raises_finding}
    on_page = {line for line in PAGE.splitlines() if line.startswith("| `")}
    assert on_page == rows, "write these lines into docs/rules.md:\n" + "\n".join(sorted(rows - on_page))


def test_the_page_of_the_pack_lists_every_rule_of_it() -> None:
    names = {path.stem for path in (TOP / "packs" / "cloud").rglob("*.yml")}
    on_page = {line.split("`")[1] for line in PACK_PAGE.splitlines() if line.startswith("| `")}
    assert on_page == names
