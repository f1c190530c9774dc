"""Detection: writes the detections of a batch into their series and evaluates correlations, level by level."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

import orjson

from mcm_rules_engine.correlation.evaluate import evaluate
from mcm_rules_engine.correlation.protocol import AffectedRow, CorrelationGroup, CorrelationHit
from mcm_rules_engine.findings.build import aggregate, build_finding
from mcm_rules_engine.model.detection import Detection, DetectionRow, KnownEvent, detections_of, position_of
from mcm_rules_engine.pipeline.affected import AffectedRows
from mcm_rules_engine.pipeline.decode import MatchedEvent
from mcm_rules_engine.pipeline.recompute import Recomputer
from mcm_rules_engine.recomputed.windows import millionths
from mcm_rules_engine.sigma.model.correlation import SUMMED, Correlation
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_rules_engine.store.detections import insert_counted, insert_detections, range_query
from mcm_rules_engine.store.events import read_known_events
from mcm_rules_engine.store.findings import merge_findings
from mcm_rules_engine.store.profiles import ProfileWriter
from mcm_rules_engine.store.tumbling import Bucket, Tally, add_to_tumbling, read_tumbling
from mcm_shared.contracts.findings import FINDING_UUIDS
from mcm_shared.db.engine import AsyncConnection, AsyncEngine, transaction


@dataclass(slots=True)
class _Tumbling:
    """The correlations that count the same in windows of the same ``width``, in microseconds."""

    width: int
    correlations: list[Correlation] = field(default_factory=list)

    is_summed: bool = False

    @property
    def min_threshold(self) -> int:
        """The lowest of their thresholds."""
        return min(correlation.steps[0][0] for correlation in self.correlations)


class Detector:
    """Writes the detections of a ruleset and evaluates its correlations."""

    def __init__(self, ruleset: Ruleset, shard: int) -> None:
        self._shard = shard
        self._ruleset = ruleset
        self._readers: dict[int, dict[UUID, list[tuple[Correlation, int]]]] = defaultdict(lambda: defaultdict(list))
        self._tumbling: dict[UUID, _Tumbling] = {}
        self._recomputer = Recomputer(ruleset, shard)
        self._profiles = ProfileWriter(ruleset, shard)
        for correlation in ruleset.correlations:
            for series in correlation.inputs if correlation.tumbling else ():
                known = self._tumbling.setdefault(series.id, _Tumbling(correlation.window))
                known.is_summed = correlation.kind in SUMMED
                known.correlations.extend([] if correlation.is_recomputed else [correlation])
            if correlation.is_recomputed:
                continue
            for number, series in enumerate(correlation.inputs):
                self._readers[correlation.depth][series.id].append((correlation, number))
        self._depth = max((correlation.depth for correlation in ruleset.correlations), default=0)

    async def detect(
        self, connection: AsyncConnection, matched: Sequence[MatchedEvent], row_ids: Mapping[UUID, int]
    ) -> AffectedRows:
        """Writes the detections of single-event rules and raises their findings; ``row_ids`` holds the new events'."""
        affected = AffectedRows()
        detections: list[Detection] = []
        finding_rows: list[DetectionRow] = []
        counted_rows: list[DetectionRow] = []
        tallies: dict[Bucket, Tally] = {}
        for entry in matched:
            if not entry.matches:
                continue
            position = position_of(entry.event)
            row_id = row_ids.get(entry.event.uid)
            is_new = row_id is not None
            needs_evidence = False
            for match in entry.matches:
                if match.rule.raises_finding:
                    needs_evidence = True
                    for detection in detections_of(match, position):
                        affected.findings.add(detection.finding_uid)
                        if is_new:
                            detections.append(detection)
                            finding_rows.append(detection.row)
                for counted in match.counted:
                    tumbling = self._tumbling.get(counted.series_id)
                    if tumbling is not None:
                        amount = millionths(counted.value) if tumbling.is_summed else None
                        if tumbling.is_summed and amount is None:
                            continue
                        start = position[0] // tumbling.width * tumbling.width
                        bucket = Bucket(counted.series_id, counted.group_key, start)
                        tally = tallies.get(bucket)
                        if tally is None:
                            tally = tallies[bucket] = Tally(0, position, position)
                        if is_new:
                            tally.add(position) if amount is None else tally.add_value(position, amount)
                    else:
                        needs_evidence = True
                        row = DetectionRow(counted.series_id, counted.group_key, *position, counted.value)
                        affected.rows.add(row)
                        if is_new:
                            counted_rows.append(row)
            # events that only feed tumbling windows rarely need evidence, so it is not kept
            if needs_evidence and row_id is not None:
                affected.events[entry.event.uid] = KnownEvent(entry.event, row_id)
        inserted = await insert_detections(connection, finding_rows)
        affected.detected += await insert_counted(connection, counted_rows)
        await add_to_tumbling(connection, tallies, self._shard)
        affected.buckets.update(tallies)
        await self._raise(connection, detections, inserted, affected)
        affected.profile_days = await self._profiles.add(connection, [entry.event for entry in matched], row_ids)
        return affected

    async def correlate(self, engine: AsyncEngine, affected: AffectedRows) -> None:
        """Evaluates the correlations that a batch affects, each level after the level below has committed.

        The recomputed rules come last: they read the detections of all levels.
        """
        self._profiles.committed(affected.profile_days)
        for depth in range(1, self._depth + 1):
            by_group = self._affected_groups(affected.rows, depth)
            buckets = affected.buckets if depth == 1 else set()
            if not by_group and not buckets:
                continue
            async with transaction(engine) as connection:
                hits = await evaluate(by_group, partial(range_query, connection))
                detections = [_detection(*group, hit) for group, found in hits.items() for hit in found]
                detections += await self._tumbled(connection, buckets)
                rows = [row for detection in detections for row in self._rows_of(detection)]
                inserted = await insert_detections(connection, rows)
                raising = [detection for detection in detections if detection.rule.raises_finding]
                await self._raise(connection, raising, inserted, affected)
            affected.rows = affected.rows | set(rows)
        await self._recomputer.recompute(engine, affected)

    def _affected_groups(self, rows: Iterable[DetectionRow], depth: int) -> dict[CorrelationGroup, list[AffectedRow]]:
        groups: dict[CorrelationGroup, list[AffectedRow]] = defaultdict(list)
        readers = self._readers[depth]
        for row in rows:
            for correlation, number in readers.get(row.series_id, ()):
                groups[correlation, row.group_key].append(AffectedRow(number, (row.at, row.event_uid), row.value))
        return groups

    async def _tumbled(self, connection: AsyncConnection, buckets: Iterable[Bucket]) -> list[Detection]:
        detections = []
        counting = [bucket for bucket in buckets if self._tumbling[bucket.series_id].correlations]
        thresholds = {bucket: self._tumbling[bucket.series_id].min_threshold for bucket in counting}
        for bucket, counted in (await read_tumbling(connection, thresholds)).items():
            # a bucket is detected once, in whatever order it fills: its name stands in for the event that filled it
            position = (bucket.start, FINDING_UUIDS.uuid5(f"bucket|{bucket.start}|{bucket.group_key}"))
            ends = (counted.first, counted.last)
            for correlation in self._tumbling[bucket.series_id].correlations:
                if counted.count >= correlation.steps[0][0]:
                    severity = correlation.severity_at(counted.count)
                    hit = CorrelationHit(position, severity, counted.count, ends)
                    detections.append(Detection(correlation, position, severity, bucket.group_key, *ends, hit=hit))
        return detections

    def _rows_of(self, detection: Detection) -> list[DetectionRow]:
        counted = self._ruleset.counted_by(detection.rule.id, orjson.loads(detection.group_key))
        fed = [DetectionRow(one.series_id, one.group_key, *detection.position, one.value) for one in counted]
        return [detection.row, *fed] if detection.rule.raises_finding else fed

    async def _raise(
        self,
        connection: AsyncConnection,
        detections: Sequence[Detection],
        inserted: set[DetectionRow],
        affected: AffectedRows,
    ) -> None:
        raised = aggregate(detections, inserted)
        needed = {uid for one in raised.values() for uid in one.needed()}
        events = {uid: affected.events[uid] for uid in needed if uid in affected.events}
        events |= await read_known_events(connection, needed - events.keys())
        await merge_findings(connection, {uid: build_finding(one, events) for uid, one in raised.items()}, self._shard)
        affected.findings |= raised.keys()
        affected.detected += len(inserted)


def _detection(correlation: Correlation, group_key: str, hit: CorrelationHit) -> Detection:
    here = hit.position
    return Detection(correlation, here, hit.severity, group_key, here, here, hit=hit)
