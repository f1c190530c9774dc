"""Reads JSON records from files: one per line, a JSON array, ``{"Records": […]}``; gzip, zstd, standard input.

Lines are read as they come and forgotten, so a file may be larger than memory and a pipe may stay open; a document
over several lines is read whole.
"""

import gzip
import io
import json
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple, NoReturn, cast

import orjson

from mcm_shared.contracts.strict_json import decode_json
from mcm_shared.errors import ConfigurationError, PoisonEventError
from mcm_shared.zstd_reader import ZstdError, ZstdReader

STDIN: Final = "-"

MAX_DOCUMENT_BYTES: Final = 64 * 1024 * 1024
"""The largest document over several lines, and the longest line, that is read."""

MAX_CONTAINERS: Final = 1_000_000
MAX_VALUES: Final = 4_000_000
"""How many objects and arrays, and how many values, a document that is decoded whole may hold."""

MAX_EXPANSION: Final = 200
"""How many times its size gzip data may expand, beyond the bytes of one document."""

_CHUNK_BYTES: Final = 256 * 1024
_ENTRIES: Final = 1000
_GZIP_MAGIC: Final = b"\x1f\x8b"
_ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
_ONE_A_LINE: Final = "make it one record a line (jq -c '.[]' or '.Records[]')"
_BOM: Final = b"\xef\xbb\xbf"
_DELIVERIES: Final = (b'{"Records":[', b'{"records":[')
_PREFIX: Final = 24
_OPENING: Final = (b"[", b"{", b",", b":")


class Entry(NamedTuple):
    """A record of a file, or its error; ``place`` is the file and line, or the file and element."""

    place: str
    payload: bytes
    data: Any
    error: str | None = None


Line = tuple[int, bytes]


def read_entries(name: str, max_bytes: int) -> Iterator[list[Entry]]:
    """Yields the records of a file (``-``: standard input), as many at once as are there to read.

    A record that is not JSON, or that no database could hold, is yielded with its error. Raises ConfigurationError
    for a file that cannot be opened.
    """
    shown = "stdin" if name == STDIN else name
    with _open(name) as stream:
        try:
            lines = _lines(_unpacked(stream))
            yield from _entries(shown, lines, max_bytes)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            yield [Entry(shown, b"", None, f"the gzip data is damaged or cut off: {error}")]
        except ZstdError as error:
            yield [Entry(shown, b"", None, f"the zstd data is damaged or cut off: {error}")]
        except _LimitError as error:
            yield [Entry(shown, b"", None, str(error))]


def require_readable(name: str) -> None:
    """Raises ConfigurationError for a file that cannot be opened."""
    with _open(name):
        return


def read_lines_as_entries(name: str, lines: Sequence[bytes], before: int, max_bytes: int) -> list[Entry]:
    """Returns the records of lines, one or an array each; ``before`` is the number of lines read before."""
    numbered = enumerate(lines, start=before + 1)
    return [entry for line in numbered for entry in _line(name, line, max_bytes)]


class _LimitError(Exception):
    """A file exceeds a limit; the rest of it is not read."""


def _too_long() -> _LimitError:
    limit = MAX_DOCUMENT_BYTES // 2**20
    return _LimitError(f"a JSON document or line of over {limit} MiB; {_ONE_A_LINE}")


def _entries(name: str, lines: Iterator[list[Line]], max_bytes: int) -> Iterator[list[Entry]]:
    first = next(lines, [])
    while first and not any(text.strip() for _, text in first):
        first = next(lines, [])
    if _begins_document(first):
        # joined at once: a list of lines needs many times the memory of their text
        document = b"\n".join(_bounded(chain([first], lines)))
        yield from _document(name, document, first[0][0], max_bytes)
        return
    while first:
        yield [entry for line in first for entry in _line(name, line, max_bytes)]
        first = next(lines, [])


def _begins_document(lines: list[Line]) -> bool:
    # a document over several lines breaks its first one right after a bracket, a comma or a colon
    text = next((text.strip() for _, text in lines if text.strip()), b"")
    return text.endswith(_OPENING)


def _bounded(lines: Iterator[list[Line]]) -> Iterator[bytes]:
    size = 0
    for chunk in lines:
        text = b"\n".join(text for _, text in chunk)
        size += len(text)
        if size > MAX_DOCUMENT_BYTES:
            raise _too_long()
        yield text


def _document(name: str, document: bytes, first_line: int, max_bytes: int) -> Iterator[list[Entry]]:
    try:
        value = _decode_exactly(document)
    except ValueError as error:

        def entries() -> Iterator[Entry]:
            for number, text in enumerate(io.BytesIO(document), start=first_line):
                yield from _line(name, (number, text), max_bytes)

        if any(entry.error is None and isinstance(entry.data, dict) for entry in entries()):
            yield from _batched(entries())
        else:
            yield [Entry(name, b"", None, f"not valid JSON: {error}")]
        return
    yield from _batched(_elements(name, value, max_bytes))


def _batched(entries: Iterator[Entry]) -> Iterator[list[Entry]]:
    while batch := list(islice(entries, _ENTRIES)):
        yield batch


def _line(name: str, line: Line, max_bytes: int) -> Iterator[Entry]:
    number, text = line
    place = f"{name}:{number}"
    text = text.strip()
    if not text:
        return
    if text[:1] == b"[" or text[:_PREFIX].replace(b" ", b"").startswith(_DELIVERIES):
        try:
            value = _decode_exactly(text)
        except ValueError as error:
            yield Entry(place, text, None, f"not valid JSON: {error}")
            return
        yield from _elements(place, value, max_bytes)
        return
    try:
        yield Entry(place, text, decode_json(text, max_bytes))
    except PoisonEventError as error:
        yield Entry(place, text, None, error.reason)


def _elements(place: str, value: Any, max_bytes: int) -> Iterator[Entry]:
    if isinstance(value, dict):
        value = _delivered(value)
    if not isinstance(value, list):
        value = [value]
    for number, element in enumerate(value, start=1):
        where = f"{place} element {number}" if len(value) > 1 else place
        try:
            payload = orjson.dumps(element)
            yield Entry(where, payload, decode_json(payload, max_bytes))
        except PoisonEventError as error:
            yield Entry(where, b"", None, error.reason)
        except TypeError as error:
            yield Entry(where, b"", None, f"cannot be passed on: {error}")


def _delivered(value: dict[str, Any]) -> Any:
    # CloudTrail's log files, beside other keys, and deliveries of Azure's event hubs
    if isinstance(value.get("Records"), list):
        return value["Records"]
    return value["records"] if value.keys() == {"records"} and isinstance(value["records"], list) else value


def _decode_exactly(document: bytes) -> Any:
    # not orjson, which would turn integers of over 64 bits into something near them
    def refuse(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is not JSON")

    # counted before decoding, which needs up to a hundred times the memory of the text
    if document.count(b"{") + document.count(b"[") > MAX_CONTAINERS or document.count(b",") > MAX_VALUES:
        reason = f"a document of over {MAX_CONTAINERS:,} objects or {MAX_VALUES:,} values; {_ONE_A_LINE}"
        raise _LimitError(reason)
    try:
        return json.loads(document, parse_constant=refuse)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _lines(stream: io.BufferedReader) -> Iterator[list[Line]]:
    number = 0
    pieces: list[bytes] = []
    held = 0
    while chunk := stream.read1(_CHUNK_BYTES):
        if number == 0 and not pieces:
            chunk = chunk.removeprefix(_BOM)
        head, newline, tail = chunk.rpartition(b"\n")
        if not newline:
            pieces.append(tail)
            held += len(tail)
            if held > MAX_DOCUMENT_BYTES:
                raise _too_long()
            continue
        texts = b"".join((*pieces, head)).split(b"\n")
        yield list(enumerate(texts, start=number + 1))
        number += len(texts)
        pieces, held = [tail], len(tail)
    last = b"".join(pieces)
    if last.strip():
        yield [(number + 1, last)]


@contextmanager
def _open(name: str) -> Iterator[BinaryIO]:
    if name == STDIN:
        # not sys.stdin.buffer: a thread that blocks reading it would hold up the end of the process
        with open(sys.stdin.fileno(), "rb", closefd=False) as stream:
            yield stream
        return
    try:
        with Path(name).open("rb") as stream:
            yield stream
    except OSError as error:
        raise ConfigurationError(f"{name} cannot be read: {error.strerror or error}") from None


def _unpacked(stream: BinaryIO) -> io.BufferedReader:
    reader = cast("io.BufferedReader", stream)
    if reader.peek(2)[:2] == _GZIP_MAGIC:
        # GzipFile has read1, which is all that is read here
        return cast("io.BufferedReader", _Bounded(reader, _gunzip))
    if reader.peek(4)[:4] == _ZSTD_MAGIC:
        return cast("io.BufferedReader", _Bounded(reader, _unzstd))
    return reader


def _gunzip(packed: Any) -> BinaryIO:
    return cast("BinaryIO", gzip.GzipFile(fileobj=packed))


def _unzstd(packed: Any) -> BinaryIO:
    return cast("BinaryIO", ZstdReader(packed))


class _Bounded:
    """Decompresses while the data expands as much as records do, and no further."""

    def __init__(self, packed: io.BufferedReader, unpack: Callable[[Any], BinaryIO]) -> None:
        self._packed = packed
        self._packed_bytes = 0
        self._bytes = 0
        self._file = unpack(self)

    def read(self, size: int) -> bytes:
        """Reads compressed bytes, for the decompressor."""
        chunk = self._packed.read1(size)
        self._packed_bytes += len(chunk)
        return chunk

    def read1(self, size: int) -> bytes:
        """Reads decompressed bytes; raises _LimitError when they are too many for what was read."""
        chunk: bytes = cast("io.BufferedReader", self._file).read1(size)
        self._bytes += len(chunk)
        if self._bytes > max(MAX_DOCUMENT_BYTES, MAX_EXPANSION * self._packed_bytes):
            raise _LimitError(f"the packed data expands to over {MAX_EXPANSION} times its size; unpack it to read it")
        return chunk
