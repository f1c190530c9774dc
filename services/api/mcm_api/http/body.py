"""Reading a JSON body from outside: the right type, not too large, in time."""

import asyncio
from typing import Final

from fastapi import Request

from mcm_api.http.problems import ProblemError

_TIMEOUT_S: Final = 30


async def read_json_body(request: Request, most_bytes: int, *, instead: str) -> bytes:
    """Reads the body's bytes; ``instead`` says what to do with more than ``most_bytes``.

    Raises ProblemError: 415 when it is not said to be plain application/json, 413 when it is too large, 408 when it
    does not arrive in time.
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        sent = f"not {content_type[:100]}" if content_type else "and no type was given"
        raise ProblemError(415, f"The body must be application/json, {sent}: set the header Content-Type.")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise ProblemError(415, "The body must not be compressed: leave out the header Content-Encoding.")
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > most_bytes:
        raise _too_large(most_bytes, instead)
    body = bytearray()
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most_bytes:
                    raise _too_large(most_bytes, instead)
    except TimeoutError:
        raise ProblemError(408, f"The body did not arrive within {_TIMEOUT_S} s.") from None
    return bytes(body)


def _too_large(most_bytes: int, instead: str) -> ProblemError:
    unit, size = ("MiB", 2**20) if most_bytes >= 2**20 else ("KiB", 2**10)
    return ProblemError(413, f"The body has more than {most_bytes // size} {unit}: {instead}.")
