"""State of consumer groups: committed positions, lag, and the members that read each partition."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment

from mcm_shared.errors import BrokerDownError
from mcm_shared.kafka.committed_offsets import list_committed_offsets
from mcm_shared.kafka.connection import answering, connection_options, end_within, make_consumer
from mcm_shared.settings import KafkaSettings

_TIMEOUT_S: Final = 5
_CLOSE_TIMEOUT_S: Final = 1


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a group: its id, the host it connects from, and the partitions it reads."""

    id: str
    host: str
    partitions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class GroupState:
    """Committed positions of a group in its topic, by partition; ``committed`` lacks partitions without a commit."""

    group: str
    topic: str
    committed: Mapping[int, int]
    begins: Mapping[int, int]
    ends: Mapping[int, int]
    members: tuple[Member, ...]

    def lag(self, partition: int) -> int:
        """Counts the records of a partition that wait."""
        begin = self.begins[partition]
        return max(0, self.ends[partition] - max(begin, self.committed.get(partition, begin)))

    def reader_of(self, partition: int) -> str | None:
        """Names the member that reads a partition."""
        return next((member.id for member in self.members if partition in member.partitions), None)


@dataclass(frozen=True, slots=True)
class KafkaState:
    """The groups asked for, and how many records the topics asked for hold."""

    groups: list[GroupState]
    records: dict[str, int]


async def read_kafka_state(
    kafka: KafkaSettings, groups: Sequence[tuple[str, str]], topics: Sequence[str]
) -> KafkaState:
    """Reads how far groups are, given with their topics, and how many records ``topics`` hold.

    Raises BrokerDownError when Kafka does not answer or has no such topic yet.
    """
    async with _clients(kafka) as (admin, consumer):
        partitions = await _partitions(admin, {*topics, *(topic for _, topic in groups)})
        consumer.assign(partitions)
        begins = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
        states = [
            GroupState(
                group,
                topic,
                await list_committed_offsets(admin, group, topic),
                {place.partition: offset for place, offset in begins.items() if place.topic == topic},
                {place.partition: offset for place, offset in ends.items() if place.topic == topic},
                await _members(admin, group, topic),
            )
            for group, topic in groups
        ]
    held = {topic: sum(ends[place] - begins[place] for place in partitions if place.topic == topic) for topic in topics}
    return KafkaState(states, held)


async def _partitions(admin: AIOKafkaAdminClient, topics: set[str]) -> list[TopicPartition]:
    described = await admin.describe_topics(sorted(topics))
    places = [TopicPartition(one["topic"], part["partition"]) for one in described for part in one["partitions"]]
    missing = topics - {place.topic for place in places}
    if missing:
        raise BrokerDownError(f"Kafka has no topic {min(missing)} yet")
    return sorted(places)


async def _members(admin: AIOKafkaAdminClient, group: str, topic: str) -> tuple[Member, ...]:
    # one group at a time: of several, the client cannot read the answer when one has members
    answers = await admin.describe_consumer_groups([group])
    return tuple(_member(member, topic) for answer in answers for published in answer.groups for member in published[5])


def _member(published: Any, topic: str) -> Member:
    member_id, _, host, _, assignment = published[:5]
    # none while the group is rebalancing
    assigned = ConsumerProtocolMemberAssignment.decode(assignment).assignment if assignment else ()
    partitions = [number for name, numbers in assigned if name == topic for number in numbers]
    return Member(member_id, host.removeprefix("/"), tuple(sorted(partitions)))


@asynccontextmanager
async def _clients(kafka: KafkaSettings) -> AsyncIterator[tuple[AIOKafkaAdminClient, AIOKafkaConsumer]]:
    admin = AIOKafkaAdminClient(**connection_options(kafka, "mcm-watch"), request_timeout_ms=_TIMEOUT_S * 1000)
    consumer = make_consumer(kafka, "mcm-watch")
    try:
        async with answering(kafka, _TIMEOUT_S):
            await asyncio.gather(admin.start(), consumer.start())
            yield admin, consumer
    finally:
        await asyncio.gather(end_within(admin.close(), _CLOSE_TIMEOUT_S), end_within(consumer.stop(), _CLOSE_TIMEOUT_S))
