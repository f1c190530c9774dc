"""Strict decoding of untrusted JSON: refuses what no database can store."""

import re
from typing import Any, Final

import orjson

from mcm_shared.errors import PoisonEventError

MAX_DEPTH: Final = 100
"""Levels of nesting that an event may have."""

MAX_VALUES: Final = 100_000
"""Values that an event may hold, those of nested objects and arrays included: each needs up to 200 bytes of memory."""

_INT64: Final = range(-(2**63), 2**63)
# fifteen times as fast as searching for [0-9]{19}: this runs over every byte of every event
_DIGITS_AS_ZEROS: Final = bytes(ord("0") if chr(byte) in "0123456789" else ord(" ") for byte in range(256))
_LONG_NUMBER: Final = b"0" * 19
_TEXT: Final = rb'"(?:[^"\\]++|\\.)*+"?'
_TEXTS: Final = re.compile(_TEXT, re.DOTALL)
_TEXTS_AND_LONG_NUMBERS: Final = re.compile(_TEXT + rb"|(-?[0-9]{19,})(?![.eE0-9])", re.DOTALL)


def decode_json(payload: bytes, max_bytes: int, max_values: int = MAX_VALUES) -> Any:
    """Decodes untrusted JSON in time and memory proportional to its size.

    Raises PoisonEventError, with a plain reason, for: more than ``max_bytes``, invalid UTF-8, text that
    is not JSON, numbers beyond a double, integers beyond 64 bits, NUL characters, nesting beyond MAX_DEPTH levels, more
    than ``max_values`` values.
    """
    require_size(payload, max_bytes)
    require_values(payload, max_values)
    try:
        data = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise PoisonEventError(_why(payload, error)) from None
    # Two cheap checks of the bytes let nearly every event pass without a walk through it.
    if b"\\u0000" in payload or payload.count(b"[") + payload.count(b"{") > MAX_DEPTH:
        _walk(data)
    if _LONG_NUMBER in payload.translate(_DIGITS_AS_ZEROS):
        _require_int64(payload)
    return data


def require_size(payload: bytes, max_bytes: int) -> None:
    """Raises PoisonEventError for an event of over ``max_bytes``."""
    if len(payload) > max_bytes:
        raise PoisonEventError(
            f"the event has {len(payload):,} bytes; the limit is {max_bytes:,} (MCM_MAX_EVENT_BYTES)"
        )


def require_values(payload: bytes, max_values: int) -> None:
    """Raises PoisonEventError for JSON with over ``max_values`` values; counts them without decoding it."""
    if len(payload) <= max_values or _separators(payload) <= max_values:
        return
    in_texts = sum(_separators(text[0]) for text in _TEXTS.finditer(payload))
    if _separators(payload) - in_texts > max_values:
        raise PoisonEventError(f"it holds more than {max_values:,} values")


def _separators(part: bytes) -> int:
    # a value follows each of them, at most
    return part.count(b",") + part.count(b"[") + part.count(b"{")


def _why(payload: bytes, error: orjson.JSONDecodeError) -> str:
    if not payload.strip():
        return "the event is empty"
    try:
        payload.decode()
    except UnicodeDecodeError as wrong:
        return f"invalid UTF-8 at byte {wrong.start}"
    if "depth limit" in error.msg:
        return f"nested deeper than {MAX_DEPTH} levels"
    return f"not valid JSON: {error.msg}"


def _walk(data: Any) -> None:
    level: list[Any] = [data]
    for _ in range(MAX_DEPTH + 1):
        below: list[Any] = []
        for node in level:
            if isinstance(node, str):
                _require_no_nul(node)
            elif isinstance(node, dict):
                for key in node:
                    _require_no_nul(key)
                below.extend(node.values())
            elif isinstance(node, list):
                below.extend(node)
        if not below:
            return
        level = below
    raise PoisonEventError(f"nested deeper than {MAX_DEPTH} levels")


def _require_no_nul(text: str) -> None:
    if "\x00" in text:
        raise PoisonEventError("a text holds a NUL character (\\u0000), which a database cannot store")


def _require_int64(payload: bytes) -> None:
    for match in _TEXTS_AND_LONG_NUMBERS.finditer(payload):
        digits = match[1]
        # longer than 20 characters cannot be 64 bits; int() would refuse thousands of digits with its own error
        if digits and (len(digits) > 20 or int(digits) not in _INT64):
            shown = digits.decode() if len(digits) <= 30 else f"{digits[:30].decode()}…"
            raise PoisonEventError(f"the integer {shown} does not fit in 64 bits")
