"""Request and response models of the pipeline."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from mcm_api.http.cursor import valid_cursor
from mcm_api.pipeline.cursor import DeadLetterCursor
from mcm_ingestor.dead_letter_entries import EntryState
from mcm_shared.db.dead_letter_actions import DeadLetterAction


class Reachable(BaseModel):
    """Health of a server."""

    reachable: bool
    reason: Annotated[str | None, Field(description="Why not", examples=["Kafka does not answer at 127.0.0.1:9092"])]


class PartitionLag(BaseModel):
    """Position and lag of a group in a partition."""

    partition: int
    committed: Annotated[int | None, Field(description="Committed offset; null: none yet")]
    end: Annotated[int, Field(description="Latest offset")]
    lag: Annotated[int, Field(description="Backlog in records")]
    worker: Annotated[str | None, Field(description="ID of the consumer; null: none")]


class GroupMember(BaseModel):
    """A member of a group."""

    id: str
    host: str
    partitions: list[int]


class GroupLag(BaseModel):
    """Lag of a service in its topic."""

    group: Annotated[str, Field(examples=["rules-engine"])]
    topic: Annotated[str, Field(examples=["events.raw"])]
    lag: Annotated[int, Field(description="Backlog in records, all partitions")]
    partitions: list[PartitionLag]
    workers: list[GroupMember]


class SourceState(BaseModel):
    """Events of a source."""

    source: Annotated[str, Field(examples=["github.audit"])]
    events: int
    last_event_at: Annotated[datetime | None, Field(description="The latest event's own time, UTC")]
    events_last_hour: Annotated[
        int, Field(description="Events of this clock hour and the one before, by their own time")
    ]
    state: Annotated[Literal["active", "quiet"], Field(description="active: it has events of the last hours")]


class DeadLetterTotal(BaseModel):
    """Number of dead letters."""

    total: Annotated[
        int | None,
        Field(
            description="Open dead letters, as GET /dead-letters counts them; null while Kafka is unreachable, and for"
            " restricted accounts"
        ),
    ]


class Pipeline(BaseModel):
    """State of the pipeline."""

    kafka: Reachable
    database: Reachable
    events_per_second: Annotated[
        float | None, Field(description="Events stored per second, averaged over the last half minute")
    ]
    lag: Annotated[
        int | None,
        Field(
            description="Backlog in records, all groups; null while Kafka is unreachable, and for restricted accounts"
        ),
    ]
    groups: Annotated[list[GroupLag], Field(description="Consumers of Kafka; none for restricted accounts")]
    sources: list[SourceState]
    dead_letters: DeadLetterTotal


class RecordOrigin(BaseModel):
    """Topic, partition and offset of the original record."""

    topic: str
    partition: int
    offset: int


class TakenActionResponse(BaseModel):
    """Action of a person on a dead letter."""

    kind: DeadLetterAction
    actor: Annotated[str, Field(examples=["local"])]
    at: Annotated[datetime, Field(description="When, UTC")]
    reason: Annotated[str | None, Field(description="Why it was dismissed", examples=["test data"])]


class DeadLetterCounts(BaseModel):
    """Number of dead letters by state."""

    open: int
    retried: int
    dismissed: int


class DismissalRequest(BaseModel):
    """Dismissal of a dead letter, with the reason."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class DeadLetterResponse(BaseModel):
    """A dead letter."""

    partition: Annotated[int, Field(description="Where the letter itself is, in events.dead")]
    offset: int
    at: Annotated[datetime | None, Field(description="When the record was written, UTC")]
    reason: Annotated[str, Field(examples=["timestamp is missing"])]
    source: Annotated[str | None, Field(description="The source of a native payload", examples=["aws.cloudtrail"])]
    origin: RecordOrigin | None
    payload: Annotated[str, Field(description="The first 2,000 characters")]
    size: Annotated[int, Field(description="Bytes of the whole payload")]
    state: Annotated[
        EntryState,
        Field(description="open: neither retried nor dismissed; retried: sent again, and it has not failed since"),
    ]
    failures: Annotated[int, Field(description="How often the record failed; its latest failure is the one shown")]
    action: Annotated[TakenActionResponse | None, Field(description="What decided the state; null: no action")]


class DeadLetterPage(BaseModel):
    """A page of dead letters, the newest first."""

    items: list[DeadLetterResponse]
    next: Annotated[str | None, Field(description="Cursor of the next page, for `before`; null on the last page")]
    counts: Annotated[DeadLetterCounts, Field(description="Of all dead letters, whatever the filter")]


class DeadLetterFilter(BaseModel):
    """Page of the dead letters."""

    model_config = ConfigDict(frozen=True)

    state: Annotated[Literal["open", "retried", "dismissed", "all"], Field(description="State of the dead letters")] = (
        "open"
    )
    limit: Annotated[int, Field(ge=1, le=500, description="Dead letters per page")] = 50
    before: Annotated[
        str | None,
        Field(max_length=20_000, description="Cursor: `next` of the previous page"),
        valid_cursor(DeadLetterCursor),
    ] = None


class ReplayResponse(BaseModel):
    """Result of a replay."""

    partition: int
    offset: int
    topic: Annotated[str, Field(description="Where it was sent", examples=["events.raw"])]
