"""Records in Kafka that expand, damage their batch, or claim to be something else."""

from collections.abc import Callable, Sequence
from typing import Final

import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.record.util import calc_crc32c

from mcm_shared.kafka.records import header
from tests.abuse.product import ATTACKER, Product, array_of, event_of_attacker

MIB: Final = 1024 * 1024
_PLACEHOLDER: Final = b"QQQQ"
_LARGEST: Final = 512 * MIB


async def decompression_bombs(product: Product) -> str:
    """Batches of some kB that expand to 320 MB, in every compression."""
    size = product.many(320 * MIB, 20 * MIB)
    for codec in ("gzip", "lz4", "zstd"):
        await _send_batch(product, [bytes(size // 16)] * 16, codec=codec)
    await product.settled()
    return await _dead_letters(product, "expands to more than")


async def names_of_headers(product: Product) -> str:
    """30,000 records with a header whose name is not UTF-8."""
    number = product.many(30_000, 300)
    values = [b"x%d" % each for each in range(number)]
    await _send_batch(product, values, lambda batch: batch.replace(_PLACEHOLDER, b"\xff\xfe\xfd\xfc"), headers=True)
    await product.settled()
    return await _dead_letters(product, "name is not UTF-8")


async def many_headers(product: Product) -> str:
    """Records with hundreds of thousands of headers."""
    await _send_batch(product, [b"x"] * 2, headers=True, number_of_headers=product.many(100_000, 20_000))
    await product.settled()
    return await _dead_letters(product, "headers")


async def events_of_many_values(product: Product) -> str:
    """Events of 99,000 values, and of more than there may be."""
    async with _producer(product) as client:
        for number in range(product.many(100, 3)):
            # each in a batch of its own: together they exceed what the broker takes
            await client.send_and_wait(product.pipeline.topics.raw, array_of(b"%d" % number, 99_000))
            await client.send_and_wait(product.pipeline.topics.raw, array_of(b"{}", 100_001))
    await product.settled()
    return await _dead_letters(product, "more than 100,000 values")


async def extreme_times(product: Product) -> str:
    """Events of the years 1 and 9999; the page of their user and the histogram still respond."""
    times = ("0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59Z", "1970-01-01T00:00:00Z")
    async with _producer(product) as client:
        for time in times:
            await client.send_and_wait(product.pipeline.topics.raw, orjson.dumps(event_of_attacker(timestamp=time)))
    await product.settled()
    async with product.client() as client:
        for path in (f"/users/{ATTACKER}", "/events/histogram", "/events", "/stats/summary", "/users"):
            response = await client.get(path)
            assert response.status_code == 200, f"{path}: {response.text}"
    return await _dead_letters(product, "lies")


async def forged_origins(product: Product) -> str:
    """Ids that the product assigns, sources of native payloads, and an event that brings another's id."""
    events = [
        event_of_attacker(id="mcm:events.raw/0/1"),
        event_of_attacker(source="github.audit"),
        event_of_attacker(source="mcm.engine"),
    ]
    twice = [event_of_attacker(id="twice", source="abuse", raw_data={"number": number}) for number in range(2)]
    async with _producer(product) as client:
        for event in (*events, *twice):
            await client.send_and_wait(product.pipeline.topics.raw, orjson.dumps(event), partition=0)
    await product.settled()
    findings = (await product.pipeline.findings()).values()
    assert any(finding.rule_name == "event_id_reused" for finding in findings)
    return f"{await _dead_letters(product, 'source')}; the reused id is a finding"


async def forged_dead_letters(product: Product) -> str:
    """Dead letters that claim to come from the topic of findings, replayed over HTTP."""
    pipeline = product.pipeline
    before = len(await pipeline.records(pipeline.topics.findings))
    place = [("topic", pipeline.topics.findings.encode()), ("partition", b"0"), ("offset", b"0"), ("reason", b"x")]
    async with _producer(product) as producer:
        sent = await producer.send_and_wait(pipeline.topics.dead, b'{"uid": "forged"}', headers=place)
    async with product.client() as client:
        response = await client.post(f"/dead-letters/{sent.partition}/{sent.offset}/replay")
    assert response.status_code in {202, 404, 409, 422}, response.text
    await product.settled()
    forged = [one for one in await pipeline.records(pipeline.topics.findings) if b"forged" in (one.value or b"")]
    assert forged == []
    assert before <= len(await pipeline.records(pipeline.topics.findings))
    return f"{response.status_code}, nothing reached the findings"


def _producer(product: Product) -> AIOKafkaProducer:
    return AIOKafkaProducer(
        bootstrap_servers=product.pipeline.kafka.bootstrap_servers, max_batch_size=_LARGEST, max_request_size=_LARGEST
    )


async def _send_batch(
    product: Product,
    values: Sequence[bytes],
    change: Callable[[bytes], bytes] = bytes,
    *,
    codec: str | None = None,
    headers: bool = False,
    number_of_headers: int = 1,
) -> None:
    """Sends values in one batch, whose bytes are changed first."""
    given = [(_PLACEHOLDER.decode(), b"")] * number_of_headers if headers else []
    async with AIOKafkaProducer(
        bootstrap_servers=product.pipeline.kafka.bootstrap_servers,
        compression_type=codec,
        max_batch_size=_LARGEST,
        max_request_size=_LARGEST,
    ) as client:
        batch = client.create_batch()
        for value in values:
            batch.append(timestamp=None, key=None, value=value, headers=given)
        content = bytearray(change(bytes(batch._build())))
        # the checksum stands at byte 17, over all that follows
        content[17:21] = calc_crc32c(memoryview(content)[21:]).to_bytes(4, "big")
        batch._buffer = bytes(content)
        await (await client.send_batch(batch, product.pipeline.topics.raw, partition=0))


async def _dead_letters(product: Product, reason: str) -> str:
    dead_letters = await product.pipeline.records(product.pipeline.topics.dead)
    number = sum(reason in (header(dead_letter, "reason") or "") for dead_letter in dead_letters)
    assert number, f"no dead letter says {reason!r}"
    return f"{number} dead letters"
