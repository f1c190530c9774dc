"""A record that cannot be decoded: dead-lettered with its reason and whatever could be read of it."""

from dataclasses import dataclass

from mcm_shared.kafka.records import Headers


@dataclass(frozen=True, slots=True)
class Undecodable:
    """A record that the consumer cannot decode; it stands for its whole batch when nothing of that could be read."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    reason: str
