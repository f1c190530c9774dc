"""Cases of sources that once came out wrong, where this machine has them."""

import shlex
from pathlib import Path

import pytest

from mcm_rules_engine.active_packs import load_active_rules
from mcm_rules_engine.offline.scan import ScannedFinding, scan

CASES = Path(__file__).resolve().parents[4] / "shared" / "cases" / "faults"
MAX_BYTES = 1_000_000

pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not on this machine")


def refuse(place: str, reason: str) -> None:
    """Fails the test: no record of a case may be refused."""
    pytest.fail(f"{place}: {reason}")


async def findings_of(case: str) -> list[ScannedFinding]:
    """Scans the events of a case as its command does; none of them may be refused."""
    folder = CASES / case
    words = shlex.split((folder / "cmd.sh").read_text())
    ruleset = load_active_rules([folder / "rule.yml"], builtin="--no-builtin" not in words)
    source = words[words.index("--source") + 1]
    scanned = await scan([str(folder / "events.ndjson")], source, ruleset, MAX_BYTES, refuse)
    return scanned.findings


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("20a-insight", {"event_type": "aws.cloudtrail.ApiCallRateInsight", "user": None, "ip": None}),
        ("21e-seconds", {"event_type": "github.audit.repo.create", "user": "mona", "ip": "192.0.2.7"}),
        ("23d-envelope", {"event_type": "permission_changed", "user": "mona@example.com", "ip": "192.0.2.7"}),
        ("23i-native-rule-titlecase", {}),
    ],
)
async def test_one_event_comes_out_right(case: str, expected: dict[str, str | None]) -> None:
    (finding,) = await findings_of(case)
    assert (finding.finding.group, finding.finding.detection_count) == (expected, 1)


async def test_a_hidden_user_is_nobody() -> None:
    assert [found.finding.user for found in await findings_of("20d-hidden-user-burst") if found.finding.user] == []


@pytest.mark.parametrize(
    ("case", "expected"),
    [("21e-seconds", "2026-01-05T12:00:00+00:00"), ("24r-postgres-time", "2026-01-05T12:00:00.500000+00:00")],
)
async def test_a_time_is_read_as_it_is_meant(case: str, expected: str) -> None:
    (finding,) = await findings_of(case)
    assert finding.finding.first_seen.isoformat() == expected
