"""What the pipeline feature takes and gives."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from mcm_api.http.cursor import valid_cursor
from mcm_api.pipeline.cursor import DeadLetterCursor


class Reachable(BaseModel):
    """Whether a server answers."""

    reachable: bool
    reason: Annotated[str | None, Field(description="Why not", examples=["Kafka does not answer at 127.0.0.1:9092"])]


class PartitionLag(BaseModel):
    """How far a group is in one partition."""

    partition: int
    committed: Annotated[int | None, Field(description="Where it goes on; null: it has never come to it")]
    end: Annotated[int, Field(description="Where the partition ends")]
    lag: Annotated[int, Field(description="Records that wait")]
    worker: Annotated[str | None, Field(description="Id of the worker that reads it; null: none")]


class GroupMember(BaseModel):
    """A member of a group."""

    id: str
    host: str
    partitions: list[int]


class GroupLag(BaseModel):
    """How far a service is in the topic it reads."""

    group: Annotated[str, Field(examples=["rules-engine"])]
    topic: Annotated[str, Field(examples=["events.raw"])]
    lag: Annotated[int, Field(description="Records that wait, in all partitions")]
    partitions: list[PartitionLag]
    workers: list[GroupMember]


class SourceState(BaseModel):
    """What came from one source."""

    source: Annotated[str, Field(examples=["github.audit"])]
    events: int
    last_event_at: Annotated[datetime | None, Field(description="The latest event's own time, UTC")]
    events_last_hour: Annotated[
        int, Field(description="Events of this clock hour and the one before, by their own time")
    ]
    state: Annotated[Literal["active", "quiet"], Field(description="active: it has events of the last hours")]


class DeadLetterTotal(BaseModel):
    """How many records could not be processed."""

    total: Annotated[int | None, Field(description="Letters the topic holds; null while Kafka does not answer")]


class Pipeline(BaseModel):
    """How the pipeline is."""

    kafka: Reachable
    database: Reachable
    events_per_second: Annotated[float | None, Field(description="Events stored a second, over the last half minute")]
    lag: Annotated[int | None, Field(description="Records that wait, for all groups; null while Kafka does not answer")]
    groups: list[GroupLag]
    sources: list[SourceState]
    dead_letters: DeadLetterTotal


class RecordOrigin(BaseModel):
    """Where a record was first written."""

    topic: str
    partition: int
    offset: int


class DeadLetterResponse(BaseModel):
    """A record that could not be processed."""

    partition: Annotated[int, Field(description="Where the letter itself is, in events.dead")]
    offset: int
    at: Annotated[datetime | None, Field(description="When the record was written, UTC")]
    reason: Annotated[str, Field(examples=["timestamp is missing"])]
    source: Annotated[str | None, Field(description="The source of a native payload", examples=["aws.cloudtrail"])]
    origin: RecordOrigin | None
    payload: Annotated[str, Field(description="The first 2,000 characters")]
    size: Annotated[int, Field(description="Bytes of the whole payload")]
    replayed: Annotated[bool, Field(description="It was sent again since")]


class DeadLetterPage(BaseModel):
    """A page of dead letters, the newest first."""

    items: list[DeadLetterResponse]
    next: Annotated[str | None, Field(description="Give it as `before` to read on; null on the last page")]


class DeadLetterFilter(BaseModel):
    """Which part of the dead letters is asked for."""

    model_config = ConfigDict(frozen=True)

    limit: Annotated[int, Field(ge=1, le=500, description="Letters on a page")] = 50
    before: Annotated[
        str | None,
        Field(max_length=20_000, description="Where the page before ended: its `next`"),
        valid_cursor(DeadLetterCursor),
    ] = None


class ReplayResponse(BaseModel):
    """What became of a letter that was to be sent again."""

    partition: int
    offset: int
    topic: Annotated[str, Field(description="Where it was sent", examples=["events.raw"])]
