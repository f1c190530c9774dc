"""Bounded decompression of record batches: the output never grows beyond a limit, whatever the input claims."""

import struct
import zlib
from collections.abc import Callable
from typing import Final

import cramjam

GZIP: Final = 1
SNAPPY: Final = 2
LZ4: Final = 3
ZSTD: Final = 4

# the container of snappy-java: magic, version and lowest compatible version, then blocks with their length
_XERIAL_MAGIC: Final = b"\x82SNAPPY\x00"
_XERIAL_HEADER_BYTES: Final = 16
_AUTO_DETECT_GZIP: Final = 31


class ExpansionError(Exception):
    """The decompressed data exceeds the limit."""


class DecompressionError(Exception):
    """The compressed data is damaged, or of an unknown codec."""


def decompress(codec: int, data: bytes, limit: int) -> bytes:
    """Decompresses ``data``; raises ExpansionError beyond ``limit`` bytes, DecompressionError for damaged data."""
    try:
        if codec == GZIP:
            return _gzip(data, limit)
        if codec == SNAPPY:
            return _snappy(data, limit)
        if codec == LZ4:
            return _into(cramjam.lz4.decompress_into, data, limit)
        if codec == ZSTD:
            return _into(cramjam.zstd.decompress_into, data, limit)
    except (zlib.error, cramjam.DecompressionError, struct.error, EOFError, ValueError) as error:
        raise DecompressionError(str(error)) from None
    raise DecompressionError(f"unknown codec {codec}")


def _gzip(data: bytes, limit: int) -> bytes:
    parts: list[bytes] = []
    left = limit
    while data:
        member = zlib.decompressobj(_AUTO_DETECT_GZIP)
        part = member.decompress(data, left + 1)
        left -= len(part)
        if left < 0:
            raise ExpansionError
        if not member.eof:
            raise EOFError("the gzip data is cut off")
        parts.append(part)
        # members may follow each other, and zeros may pad the last one
        data = member.unused_data.lstrip(b"\0")
    return b"".join(parts)


def _snappy(data: bytes, limit: int) -> bytes:
    if not data.startswith(_XERIAL_MAGIC):
        return _snappy_block(data, limit)
    parts: list[bytes] = []
    at = _XERIAL_HEADER_BYTES
    while at < len(data):
        (length,) = struct.unpack_from(">i", data, at)
        at += 4
        if not 0 <= length <= len(data) - at:
            raise ValueError("a snappy block reaches beyond the data")
        parts.append(_snappy_block(data[at : at + length], limit))
        limit -= len(parts[-1])
        at += length
    return b"".join(parts)


def _snappy_block(block: bytes, limit: int) -> bytes:
    if cramjam.snappy.decompress_raw_len(block) > limit:
        raise ExpansionError
    return bytes(cramjam.snappy.decompress_raw(block))


def _into(decompress_into: Callable[[bytes, bytearray], int], data: bytes, limit: int) -> bytes:
    # its pages are only touched as far as the output reaches
    output = bytearray(limit)
    try:
        length = decompress_into(data, output)
    except cramjam.DecompressionError as error:
        if "whole buffer" in str(error):
            raise ExpansionError from None
        raise
    return bytes(memoryview(output)[:length])
