"""How far a group has come, read and written from outside of it."""

from mcm_shared.contracts.topics import Topics
from mcm_shared.kafka.committed_offsets import read_committed_offsets, write_committed_offsets
from mcm_shared.settings import KafkaSettings


async def test_bookmarks_are_kept_by_partition(kafka: KafkaSettings, topics: Topics) -> None:
    group = topics.group("readers")
    assert await read_committed_offsets(kafka, group, topics.raw) == {}

    await write_committed_offsets(kafka, group, topics.raw, {0: 7})
    await write_committed_offsets(kafka, group, topics.raw, {1: 3})
    await write_committed_offsets(kafka, group, topics.dead, {1: 9})
    await write_committed_offsets(kafka, group, topics.raw, {})

    assert await read_committed_offsets(kafka, group, topics.raw) == {0: 7, 1: 3}
    assert await read_committed_offsets(kafka, topics.group("others"), topics.raw) == {}
