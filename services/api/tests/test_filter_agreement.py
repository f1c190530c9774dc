"""SQL, facets, the live stream's filter and the dashboard's filter agree on which findings match."""

import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from mcm_api.database import DatabaseReader
from mcm_api.findings.filters import FindingQuery
from mcm_api.findings.queries.facets import count_facets
from mcm_api.findings.queries.pages import read_page
from mcm_api.findings_cache import FindingsCache
from mcm_api.http.json_response import write_json
from mcm_api.live.frames import FrameFilter, finding_frame
from mcm_api.resources.findings import FindingResponse
from mcm_shared.contracts.finding_filter import FindingFilter, FindingStanding, matches, one_for_each_parameter
from mcm_shared.contracts.findings import Severity
from mcm_shared.contracts.triage import UNASSIGNED, Status
from mcm_shared.db.engine import transaction
from mcm_shared.db.tables import EXCEPTION_ACTIONS, EXCEPTIONS, FINDINGS
from mcm_shared.testing.builders import NOON
from mcm_shared.testing.rows import Rows

from .exception_helpers import exception

FRONTEND = Path(__file__).parents[3] / "frontend"
DAY = timedelta(days=1)

times = st.sampled_from([NOON, NOON + timedelta(microseconds=1), NOON + timedelta(hours=12), NOON - DAY, NOON + DAY])
users = st.sampled_from(["mona@example.com", "Σίσυφος", "ÉMILE", "a_b%c"])
rules = st.sampled_from(["rule_a", "rule_b"])
sources = st.sampled_from(["test-app", "github.audit"])
severities = st.sampled_from(list(Severity))
chosen = st.sampled_from([status for status in Status if status is not Status.REOPENED])
assignees = st.sampled_from(["ada@example.com", "mona@example.com"])
labels = st.sampled_from(["a", "ab", "a_b", "a.b", "axb"])
texts = st.sampled_from(["a", "ς", "émile", "%", "_", "RULE_a", "τίτλος", ".", "\\"])

findings = st.fixed_dictionaries(
    {
        "severity": severities.map(str),
        "user": st.none() | users,
        "rule_name": rules,
        "source": st.none() | sources,
        "title": st.sampled_from(["Τίτλος", "100% \\ done", "plain."]),
        "risk_score": st.none() | st.integers(0, 100),
        "first_seen": times,
        "last_seen": times,
        "withdrawn": st.booleans(),
        "chosen_status": chosen.map(str),
        # a finding that was closed before its latest detection is reopened
        "seen_until": times,
        "seen_detections": st.just(1),
        "assignee": st.none() | assignees,
        "labels": st.none() | st.lists(labels, min_size=1, max_size=2, unique=True),
    }
)
filters = st.fixed_dictionaries(
    {},
    optional={
        "severity": st.lists(severities, min_size=1, max_size=2),
        "user": users,
        "rule": st.lists(rules, min_size=1, max_size=2),
        "source": st.lists(sources, min_size=1, max_size=2),
        "status": st.lists(st.sampled_from(list(Status)), min_size=1, max_size=3),
        "assignee": st.lists(assignees | st.just(UNASSIGNED), min_size=1, max_size=2),
        "label": st.lists(labels, min_size=1, max_size=2),
        "risk_min": st.integers(0, 100),
        "state": st.lists(st.sampled_from(list(FindingStanding)), min_size=1, max_size=2),
        "suppressed": st.lists(st.booleans(), min_size=1, max_size=2),
        "enriched": st.booleans(),
        "q": texts,
        "from_date": times.map(lambda time: time.date()),
        "to_date": times.map(lambda time: time.date()),
        "from_timestamp": times,
        "to_timestamp": times,
    },
)


class Dashboard:
    """The dashboard's filter, in a process of Node."""

    def __init__(self) -> None:
        beside = Path(sys.executable).with_name("node")
        node = str(beside) if beside.exists() else shutil.which("node")
        assert node is not None
        self._process = subprocess.Popen(
            [node, "scripts/match-findings.mjs"], cwd=FRONTEND, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def matches(self, query: FindingFilter, finding: FindingResponse) -> bool:
        """Tells whether the dashboard shows a finding that arrives under a filter."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        of_filter = query.model_dump(mode="json", exclude_none=True)
        self._process.stdin.write(write_json({"filter": of_filter, "finding": finding.model_dump(mode="json")}) + b"\n")
        self._process.stdin.flush()
        said: bool = json.loads(self._process.stdout.readline())
        return said

    def close(self) -> None:
        """Ends the process."""
        self._process.communicate(timeout=30)


@pytest.fixture(scope="module")
def dashboard() -> Iterator[Dashboard]:
    """The dashboard's filter."""
    filter_of_the_dashboard = Dashboard()
    yield filter_of_the_dashboard
    filter_of_the_dashboard.close()


@settings(max_examples=45, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows_of=st.lists(findings, min_size=1, max_size=6),
    given_filter=filters,
    matchers=st.lists(
        st.fixed_dictionaries({}, optional={"user": st.lists(users, min_size=1), "rule": st.lists(rules, min_size=1)})
        .filter(bool)
        .map(lambda given: {name: list(dict.fromkeys(values)) for name, values in given.items()}),
        max_size=2,
    ),
)
async def test_every_filter_agrees(
    rows: Rows,
    dashboard: Dashboard,
    rows_of: list[dict[str, Any]],
    given_filter: dict[str, Any],
    matchers: list[dict[str, Any]],
) -> None:
    for start, end in (("from_date", "to_date"), ("from_timestamp", "to_timestamp")):
        if start in given_filter and end in given_filter:
            given_filter[start], given_filter[end] = sorted((given_filter[start], given_filter[end]))
    async with transaction(rows.engine) as connection:
        for table in (FINDINGS, EXCEPTION_ACTIONS, EXCEPTIONS):
            await connection.execute(delete(table))
    for values in rows_of:
        await rows.finding(**values)
    for matcher in matchers:
        await exception(rows, matcher, NOON, NOON + DAY)
    reader = DatabaseReader(rows.engine, timeout_s=60, cache=FindingsCache(lambda: NOON))
    everything = await _read(reader, FindingQuery(page_size=100, state=list(FindingStanding), suppressed=[True, False]))
    query = FindingFilter(**given_filter)

    by_sql = {finding.id for finding in await _read(reader, FindingQuery(page_size=100, **given_filter))}

    assert {finding.id for finding in everything if matches(query, finding)} == by_sql
    assert {finding.id for finding in everything if dashboard.matches(query, finding)} == by_sql
    await _check_facets(reader, query, everything)
    _check_stream(query, everything)


async def _read(reader: DatabaseReader, query: FindingQuery) -> list[FindingResponse]:
    items, _, _ = await read_page(reader, query)
    return [FindingResponse.model_validate_json(write_json(item)) for item in items]


async def _check_facets(reader: DatabaseReader, query: FindingFilter, everything: list[FindingResponse]) -> None:
    facets = await count_facets(reader, query)
    values: list[tuple[str, Callable[[FindingResponse], str | None]]] = [
        ("severity", lambda finding: finding.severity.value),
        ("rule", lambda finding: finding.rule_name),
        ("source", lambda finding: finding.source),
        ("user", lambda finding: finding.user),
        ("state", lambda finding: FindingStanding.of(finding).value),
        ("status", lambda finding: finding.status.value),
        ("assignee", lambda finding: finding.assignee or UNASSIGNED),
        ("suppressed", lambda finding: str(finding.suppressed_by is not None).lower()),
        ("enriched", lambda finding: str(finding.risk_score is not None).lower()),
    ]
    for name, value_of in values:
        others = query.model_copy(update={name: None})
        expected = Counter(value_of(finding) for finding in everything if matches(others, finding))
        expected.pop(None, None)
        assert {one.value: one.count for one in getattr(facets, name) if one.count} == dict(expected), name
    others = query.model_copy(update={"label": None})
    labelled = Counter(label for finding in everything if matches(others, finding) for label in finding.labels)
    assert {one.value: one.count for one in facets.label} == dict(labelled)


def _check_stream(query: FindingFilter, everything: list[FindingResponse]) -> None:
    of_stream = FrameFilter(
        severity=frozenset(query.severity or ()),
        user=frozenset([query.user] if query.user else ()),
        rule=frozenset(query.rule or ()),
        status=frozenset(query.status or ()),
        assignee=frozenset(query.assignee or ()),
        label=frozenset(query.label or ()),
        suppressed=frozenset(query.suppressed),
    )
    parameters = {"severity", "user", "rule", "status", "assignee", "label", "suppressed"}
    of_list = FindingFilter(**query.model_dump(include=parameters), state=list(FindingStanding))
    for finding in everything:
        frame = finding_frame(finding, ("findings", 0), 0)
        assert of_stream.takes(frame) is matches(of_list, finding)


def test_a_parameter_without_a_condition_is_noticed_at_import() -> None:
    table = dict.fromkeys(FindingFilter.model_fields)
    with pytest.raises(TypeError, match="risk_min"):
        one_for_each_parameter({name: None for name in table if name != "risk_min"})
    with pytest.raises(TypeError, match="colour"):
        one_for_each_parameter({**table, "colour": None})
