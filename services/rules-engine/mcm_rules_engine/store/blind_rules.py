"""Blind rules: those that events of a source matched, or counted towards, before the source fell silent."""

from collections import defaultdict
from typing import Final
from uuid import UUID

import orjson
from sqlalchemy import BigInteger, Text, Uuid

from mcm_rules_engine.model.detection import output_series
from mcm_rules_engine.recomputed.protocol import ScopeAnswer
from mcm_rules_engine.recomputed.silence import is_about_sources
from mcm_rules_engine.sigma.model.correlation import Correlation
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_rules_engine.store.lateral import LateralQuery
from mcm_shared.db.engine import AsyncConnection
from mcm_shared.event_time import duration_micros

_MATCHED: Final = LateralQuery(
    """SELECT 1 AS matched WHERE EXISTS (
           SELECT 1 FROM detections d JOIN source_events e ON e.event_uid = d.event_uid
           WHERE d.series_id = r.series AND d.at > r.since AND d.at <= r.until AND e.source = r.source)""",
    {"series": Uuid(), "since": BigInteger(), "until": BigInteger(), "source": Text()},
    {"matched": BigInteger()},
)


class BlindRules:
    """The rules of a ruleset that raise findings, by the series that their own events enter."""

    def __init__(self, ruleset: Ruleset) -> None:
        self._rules: dict[UUID, set[str]] = defaultdict(set)
        for rule in ruleset.rules:
            if rule.raises_finding:
                self._rules[output_series(rule)].add(rule.id)
        for correlation in ruleset.correlations:
            # whole windows are counted without their events, and other sources can decide where a correlation holds
            if correlation.raises_finding and not correlation.tumbling and correlation.depth == 1:
                for series in correlation.inputs:
                    self._rules[series.id].add(correlation.id)

    async def count(
        self, connection: AsyncConnection, rule: Correlation, group_key: str, silent: ScopeAnswer | None
    ) -> int:
        """Counts the rules that the source of a group matched within the history before it fell silent.

        Depends on the events of that source alone. 0 for a rule about something else than the silence of sources.
        """
        if silent is None or not is_about_sources(rule):
            return 0
        until = silent.last[0]
        source = orjson.loads(group_key)["source"]
        series = list(self._rules)
        found = await _MATCHED.execute(
            connection, [(one, until - duration_micros(rule.history), until, source) for one in series]
        )
        return len(set().union(*(self._rules[one] for one, rows in zip(series, found, strict=True) if rows)))
