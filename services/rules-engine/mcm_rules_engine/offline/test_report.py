"""Report of the tests of rules."""

from collections.abc import Iterator

from mcm_rules_engine.offline.run_rule_tests import RuleVerdict


def lines_of(verdict: RuleVerdict) -> Iterator[str]:
    """Writes one line for each rule, and below a failed one its differences."""
    count = len(verdict.tests)
    if verdict.passed:
        summary = f"{count} {'test' if count == 1 else 'tests'}" if count else "raises no findings and has no tests"
        yield f"ok      {verdict.rule.name}: {summary}"
        return
    summary = f"{verdict.failed} of {count} tests failed" if verdict.failed else "not tested enough"
    yield f"FAILED  {verdict.rule.name}: {summary} ({verdict.rule.path})"
    for what in verdict.missing:
        yield f"        {what}"
    for test in verdict.tests:
        for difference in test.differences:
            yield f"        {test.name}: {difference}"
