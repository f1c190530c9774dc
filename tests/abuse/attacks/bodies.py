"""Request bodies that cost memory or time to decode, and bodies that never end."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import httpx
import orjson

from tests.abuse.product import JSON, Product, array_of, counted, event_of_attacker

MIB: Final = 1024 * 1024
_AT_ONCE: Final = 8
_CHUNK: Final = 60 * 1024
_SMALL_BODIES: Final = (
    "/login",
    "/setup",
    "/views",
    "/findings/1/feedback",
    "/findings/1/actions",
    "/findings/actions",
    "/exceptions",
    "/exceptions/preview",
    "/dead-letters/0/0/dismiss",
    "/webhooks/github",
    "/webhooks/generic/x",
)


async def unknown_keys(product: Product) -> str:
    """8 MiB with 700,000 unknown keys."""
    body = b'{"k":1,' + b",".join(b'"%d":1' % number for number in range(700_000)) + b"}"
    return await _send(product, [body] * product.many(24, 2), {422})


async def costly_values(product: Product) -> str:
    """Arrays of objects, of long integers and of escapes, deep nesting, and long texts."""
    bodies = [
        b"[" + b"{}," * 1_000_000 + b"{}]",
        array_of(b"{}", 2_700_000),
        array_of(b"9" * 19, 400_000),
        array_of(b"9" * 4_000_000, 2),
        b'["\\u0000",' * 700_000,
        b'{"a\\n":' * 150_000 + b"1" + b"}" * 150_000,
        orjson.dumps(event_of_attacker(user="u" * 8_000_000)),
        orjson.dumps(event_of_attacker(timestamp="2" * 8_000_000)),
    ]
    return await _send(product, bodies * product.many(4), {422})


async def large_batches(product: Product) -> str:
    """Valid batches of 8 MiB, many at once."""
    texts = [event_of_attacker(id=f"large-{number}", raw_data={"text": "x" * 7_500}) for number in range(1000)]
    values = [event_of_attacker(id=f"values-{number}", raw_data={"values": list(range(5_500))}) for number in range(50)]
    bodies = [orjson.dumps(texts), orjson.dumps(values)]
    # refused while the bodies of others leave no memory
    return await _send(product, bodies * product.many(12), {202, 503})


async def unfinished_bodies(product: Product) -> str:
    """60 bodies of 7 MiB that never end."""
    return await _hold(product, product.many(60, 12), 7 * MIB, product.seconds(8))


async def many_small_unfinished_bodies(product: Product) -> str:
    """800 bodies of 60 KiB that never end."""
    return await _hold(product, product.many(800, 40), 60 * 1024, product.seconds(8))


async def bodies_of_other_operations(product: Product) -> str:
    """8 MiB for operations that take little, of a length that is known and in chunks."""
    body = b'{"verdict":"helpful","comment":"' + b"x" * 8 * MIB + b'"}'
    async with product.client() as client:
        responses = await asyncio.gather(
            *(
                _post(client, path, content)
                for path in _SMALL_BODIES
                for _ in range(product.many(4))
                for content in (body, _in_chunks(body))
            ),
            return_exceptions=True,
        )
    statuses = ["closed" if isinstance(one, httpx.TransportError) else str(one) for one in responses]
    assert all(status == "closed" or status[0] == "4" or status == "503" for status in statuses), statuses
    return counted(statuses)


async def _in_chunks(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), _CHUNK):
        yield body[start : start + _CHUNK]


async def _post(client: httpx.AsyncClient, path: str, body: bytes | AsyncIterator[bytes]) -> int:
    response = await client.request("PUT" if path.endswith("feedback") else "POST", path, content=body, headers=JSON)
    return response.status_code


async def _send(product: Product, bodies: list[bytes], expected: set[int]) -> str:
    turn = asyncio.Semaphore(_AT_ONCE)
    async with product.client() as client:

        async def send(body: bytes) -> int:
            async with turn:
                response = await client.post("/events", content=body, headers=JSON)
                # an attack that is refused by a limit on bodies in progress is refused as well
                assert response.status_code in expected | {503}, response.text
                return response.status_code

        return counted(await asyncio.gather(*map(send, bodies)))


async def _hold(product: Product, number: int, size: int, seconds: float) -> str:
    opened = []
    for _ in range(number):
        reader, writer = await asyncio.open_connection(*product.address)
        head = f"POST /events HTTP/1.1\r\nHost: 127.0.0.1:{product.address[1]}\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        for _ in range(0, size, 60 * 1024):
            writer.write(b"%x\r\n" % (60 * 1024) + b" " * 60 * 1024 + b"\r\n")
        opened.append((reader, writer))
    await asyncio.sleep(seconds)
    answered = sum(len(reader._buffer) > 0 for reader, _ in opened)  # type: ignore[attr-defined]
    for _, writer in opened:
        writer.transport.abort()
    return f"{answered} of {number} refused"
