"""Frames of stored findings: a record says which finding changed, the database says what it is.

A program that may write to a topic could announce a finding that does not exist, so only the uid of a record is used.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import structlog
from pydantic import BaseModel, ValidationError

from mcm_api.database import DatabaseReader
from mcm_api.live.frames import FindingFrame, finding_frame
from mcm_api.resources.queries.findings import read_stored_findings
from mcm_shared.kafka.records import Record

log = structlog.get_logger()

_MAX_READ: Final = 200


class _Announced(BaseModel):
    uid: UUID


async def read_frames(reader: DatabaseReader, records: Sequence[Record]) -> list[FindingFrame]:
    """Reads the findings that records announce, as they are stored now; leaves out what is no stored finding.

    Raises DatabaseDownError.
    """
    announced = [(record, uid) for record in records if (uid := _uid(record)) is not None]
    frames: list[FindingFrame] = []
    for start in range(0, len(announced), _MAX_READ):
        part = announced[start : start + _MAX_READ]
        stored = await read_stored_findings(reader, {uid for _, uid in part})
        for record, uid in part:
            if uid in stored:
                frames.append(finding_frame(stored[uid], (record.topic, record.partition), record.offset))
            else:
                log.warning("a record announces a finding that is not stored; it is not shown live", **_place(record))
    return frames


def _uid(record: Record) -> UUID | None:
    try:
        return _Announced.model_validate_json(record.value or b"").uid
    except ValidationError:
        log.warning("a record holds no finding and is not shown live", **_place(record))
        return None


def _place(record: Record) -> dict[str, str]:
    return {"place": f"{record.topic}/{record.partition}/{record.offset}"}
