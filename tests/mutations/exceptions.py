"""Mutations of exceptions: what is suppressed, until when, and who may decide it."""

from typing import Final

from tests.mutations.mutation import ENGINE_TESTS, SHARED, Mutation

_CONTRACT: Final = f"{SHARED}/contracts/exceptions.py"
_SQL: Final = f"{SHARED}/db/suppression.py"
_CACHE: Final = "services/api/mcm_api/findings_cache.py"
_MANAGE: Final = "services/api/mcm_api/exceptions/manage.py"
_API_TESTS: Final = "services/api/tests/test_exceptions.py"
_APPROVAL_TEST: Final = "services/api/tests/test_exception_approval.py::test_another_person_approves_where_there_is_one"
_ALL: Final = f"{ENGINE_TESTS}/test_suppression.py::test_visible_suppressed_and_withdrawn_findings_are_all"
_EXPIRY: Final = f"{_API_TESTS}::test_a_covered_finding_is_hidden_and_returns_at_the_expiry"

EXCEPTIONS: Final = (
    Mutation(
        "the first detection lies in the period",
        _SQL,
        (("_FINDING.first_seen >= exception.starts_at", "_FINDING.first_seen > exception.starts_at"),),
        _ALL,
    ),
    Mutation(
        "the last detection lies before the end of the period",
        _SQL,
        (("_FINDING.last_seen < exception.expires_at", "_FINDING.first_seen < exception.expires_at"),),
        f"{_API_TESTS}::test_detections_outside_the_period_are_visible",
    ),
    Mutation(
        "an exception ends with the clock",
        _CONTRACT,
        (("if now >= self.expires_at:", "if now > self.expires_at:"),),
        _EXPIRY,
    ),
    Mutation(
        "an exception does not begin before its start",
        _CONTRACT,
        (("ExceptionState.SCHEDULED if now < self.starts_at else ExceptionState.ACTIVE", "ExceptionState.ACTIVE"),),
        f"{_API_TESTS}::test_only_an_approved_exception_that_has_begun_hides",
    ),
    Mutation(
        "an invalid matcher hides nothing",
        _CONTRACT,
        (("if not self.model_dump(exclude_none=True):", "if False:"),),
        f"{_API_TESTS}::test_an_invalid_matcher_hides_nothing_and_reports_itself",
    ),
    Mutation(
        "cached results are of the exceptions that are active now",
        _CACHE,
        (("(current_restriction(), active.numbers, key)", "(current_restriction(), key)"),),
        _EXPIRY,
    ),
    Mutation(
        "a group's value is matched whole",
        _SQL,
        (("_contains(_FINDING.group_key, start + member + end)", "_contains(_FINDING.group_key, member[1:-1])"),),
        f"{_API_TESTS}::test_a_matcher_covers_what_meets_every_condition",
    ),
    Mutation(
        "the requester does not approve where another person can",
        _MANAGE,
        (("if found.requester == person and await", "if False and await"),),
        _APPROVAL_TEST,
    ),
    Mutation(
        "a service account does not approve",
        _MANAGE,
        (('user is not None and user.kind == "person"', "user is not None"),),
        _APPROVAL_TEST,
    ),
)
