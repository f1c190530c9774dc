"""Mutations of limits and of what keeps strangers out."""

from typing import Final

from tests.mutations.mutation import SHARED, SHARED_TESTS, Mutation

_API: Final = "services/api/mcm_api"
_API_TESTS: Final = "services/api/tests"
_CONNECTIONS: Final = f"{_API_TESTS}/test_connection_limits.py"

LIMITS: Final = (
    Mutation(
        "a batch of records is decompressed within the limit",
        f"{SHARED}/kafka/batches/message_set.py",
        (("& _CODEC, records, MAX_BATCH_BYTES)", "& _CODEC, records, 2**40)"),),
        f"{SHARED_TESTS}/test_kafka_undecodable.py::test_a_batch_that_expands_too_far_is_skipped_with_one_dead_letter",
    ),
    Mutation(
        "credentials in URLs are not logged",
        f"{SHARED}/logs.py",
        (("    ending.append(_redact)\n", ""),),
        f"{SHARED_TESTS}/test_logs.py::test_credentials_in_urls_are_written_nowhere",
    ),
    Mutation(
        "the API only appends to the audit trail",
        f"{SHARED}/db/roles.py",
        (("DEAD_LETTER_ACTIONS, EVENT_FACT_BLOCKS), _APPEND)", "DEAD_LETTER_ACTIONS, EVENT_FACT_BLOCKS), _ALL)"),),
        "tests/e2e/test_database_roles.py::test_a_role_may_do_nothing_but_its_services_work",
    ),
    Mutation(
        "a service creates no tables",
        f"{SHARED}/db/roles.py",
        (('yield "REVOKE ALL ON SCHEMA public FROM PUBLIC"', 'yield "GRANT ALL ON SCHEMA public TO PUBLIC"'),),
        "tests/e2e/test_database_roles.py::test_a_role_may_do_nothing_but_its_services_work",
    ),
    Mutation(
        "to describe a topic is not to read it",
        f"{SHARED}/kafka/acls.py",
        (("getattr(topics, name), Operation.DESCRIBE", "getattr(topics, name), Operation.READ"),),
        f"{SHARED_TESTS}/test_kafka_secure.py::test_each_service_may_do_its_work_and_nothing_more",
    ),
    Mutation(
        "hosts that were not configured are refused",
        f"{_API}/http/cross_site.py",
        (('if scope["path"] not in PROBES and not self._allowed', "if False and not self._allowed"),),
        f"{_API_TESTS}/test_cross_site.py::test_a_host_that_is_not_configured_is_misdirected",
    ),
    Mutation(
        "requests beyond those in progress are refused",
        f"{_API}/http/load_shedding.py",
        (("elif not self.has_room:", "elif False:"),),
        f"{_CONNECTIONS}::test_requests_beyond_those_in_progress_are_refused_at_once",
    ),
    Mutation(
        "a body cannot be read without the limits",
        f"{_API}/http/strict_route.py",
        (("if self.body_field is not None:", "if False:"),),
        f"{_API_TESTS}/test_access_matrix.py::test_a_body_that_fastapi_would_read_without_limits_cannot_be_declared",
    ),
    Mutation(
        "an address has a limit of connections of its own",
        f"{_API}/http/connections.py",
        (("if self._addresses[address] >= self._max_per_address and", "if False and"),),
        f"{_CONNECTIONS}::test_an_address_at_its_limit_keeps_out_itself_only",
    ),
    Mutation(
        "idle connections make way for new ones",
        f"{_API}/http/connections.py",
        (("                connection.abort()\n                return True\n", "                return True\n"),),
        f"{_CONNECTIONS}::test_idle_connections_make_way_for_new_ones_the_oldest_first",
    ),
    Mutation(
        "new names are limited by the hour",
        f"{_API}/events/new_names.py",
        (("if len(self._added) + len(new) > self._max:", "if False:"),),
        f"{_API_TESTS}/test_cardinality.py::test_new_names_are_limited_by_the_hour",
    ),
)
