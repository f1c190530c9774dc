"""A column of findings reaches every place that lists them; a forgotten place fails here, by name."""

from mcm_api.findings.export import COLUMNS, LEFT_OUT
from mcm_api.resources.findings import FindingResponse
from mcm_enricher.store import findings as enricher_store
from mcm_rules_engine.testing.oracle import ExpectedFinding
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.db.finding_tables import ENGINE, ENRICHER, FINDINGS, finding_columns
from mcm_shared.testing.builders import a_finding

WRITERS = {"engine", "people", "enricher", "database"}
# taken from the rule, or written by the store: the oracle computes what the rules mean
NOT_BY_THE_ORACLE = {"tags", "version", "event_id", "extra_data"}
SERVED = {column.name for column in FINDINGS.columns if not column.info.get("internal")}
INTERNAL = set(FINDINGS.columns.keys()) - SERVED


def test_every_column_says_who_writes_it() -> None:
    unknown = [column.name for column in FINDINGS.columns if column.info.get("writer") not in WRITERS]

    assert unknown == [], "give the column its info in mcm_shared/db/finding_tables.py: ENGINE, PEOPLE, ENRICHER …"


def test_the_api_serves_every_column_that_is_not_internal() -> None:
    fields = set(FindingResponse.model_fields)

    assert SERVED - fields == set(), "add the field to FindingMessage (contracts/findings.py) or to FindingResponse"
    assert INTERNAL & fields == set(), "the column is served: give it the info ENGINE"


def test_the_message_has_every_served_column_of_the_engine() -> None:
    missing = set(finding_columns(ENGINE)) - INTERNAL - set(FindingMessage.model_fields)

    assert missing == set(), "add the field to FindingMessage (contracts/findings.py)"


def test_a_csv_file_has_every_field_or_leaves_it_out_on_purpose() -> None:
    assert set(COLUMNS) | LEFT_OUT == set(FindingResponse.model_fields), "findings/export.py: COLUMNS or LEFT_OUT"
    assert not set(COLUMNS) & LEFT_OUT


def test_the_oracle_computes_every_served_column_of_the_engine() -> None:
    expected = set(finding_columns(ENGINE)) - INTERNAL - NOT_BY_THE_ORACLE

    assert expected - set(ExpectedFinding.__dataclass_fields__) == set(), "compute the field in testing/oracle.py"


def test_the_enricher_reads_and_writes_every_column_of_its_own() -> None:
    columns = set(finding_columns(ENRICHER))

    assert {column.name for column in enricher_store.AI_COLUMNS} == columns, "store/findings.py: AI_COLUMNS"
    assert {name for name in columns if f"{name} = r." not in enricher_store.SET_AI_COLUMNS} == set(), (
        "store/findings.py: SET_AI_COLUMNS, and StoredEnrichment"
    )


def test_the_builder_of_tests_fills_every_field_of_the_engine() -> None:
    missing = set(FindingMessage.model_fields) - a_finding().model_fields_set - set(finding_columns(ENRICHER))

    assert missing == set(), "give the field a value in mcm_shared/testing/builders.py"
