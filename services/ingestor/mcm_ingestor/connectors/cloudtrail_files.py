"""Records of a log file of CloudTrail: gzipped or not, within limits."""

import zlib
from typing import Final

import orjson
import structlog

from mcm_ingestor.connectors.protocol import SourceRecord, record_of
from mcm_shared.contracts.sources import AWS_CLOUDTRAIL

log = structlog.get_logger()

MAX_FILE_BYTES: Final = 256 * 1024 * 1024
"""The largest log file, expanded; CloudTrail's own have at most some 50 MB."""

_GZIP: Final = b"\x1f\x8b"
_EITHER_HEADER: Final = 47
_KEPT_BYTES: Final = 64 * 1024


def records_of_file(content: bytes, name: str) -> list[SourceRecord]:
    """Returns the records of a file; a file that cannot be read is one record, which is then dead-lettered."""
    try:
        document = orjson.loads(_expanded(content))
        found = document["Records"] if isinstance(document, dict) else None
    except (ValueError, KeyError, zlib.error) as error:
        log.warning("log file cannot be read; it is dead-lettered", file=name, reason=str(error) or "no Records")
        return [unreadable_file(content, name)]
    if not isinstance(found, list):
        return [unreadable_file(content, name)]
    return [record_of(each, AWS_CLOUDTRAIL) for each in found]


def _expanded(content: bytes) -> bytes:
    if content[:2] != _GZIP:
        return content
    expander = zlib.decompressobj(_EITHER_HEADER)
    expanded = expander.decompress(content, MAX_FILE_BYTES)
    if not expander.eof:
        raise ValueError(f"it is cut off, or expands beyond {MAX_FILE_BYTES // 2**20} MiB")
    return expanded


def unreadable_file(content: bytes, name: str) -> SourceRecord:
    """Returns the record of a file without records: no JSON, so that the engine dead-letters it with its name."""
    return SourceRecord(f"{name}: ".encode() + content[:_KEPT_BYTES], AWS_CLOUDTRAIL)
