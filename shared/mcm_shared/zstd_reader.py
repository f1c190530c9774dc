"""Reader of zstd frames that notices when the last one is cut off."""

from typing import Any, Final

import zstandard
from zstandard import ZstdError as ZstdError

_WINDOW_BYTES: Final = 128 * 1024 * 1024
_PACKED_BYTES: Final = 1024
"""Read at once: little, because a kilobyte may expand to megabytes."""


class ZstdReader:
    """Decompresses the frames of a file one after the other; raises ZstdError for damaged or missing data."""

    def __init__(self, packed: Any) -> None:
        self._packed = packed
        self._unpacker = zstandard.ZstdDecompressor(max_window_size=_WINDOW_BYTES)
        self._frame: Any = None
        self._rest = b""

    def read1(self, _size: int) -> bytes:
        """Reads some decompressed bytes; empty at the end of the file."""
        while True:
            chunk = self._rest or self._packed.read(_PACKED_BYTES)
            self._rest = b""
            if not chunk:
                if self._frame is not None:
                    raise ZstdError("the last frame is not complete")
                return b""
            self._frame = self._frame or self._unpacker.decompressobj()
            unpacked: bytes = self._frame.decompress(chunk)
            if self._frame.eof:
                self._rest, self._frame = self._frame.unused_data, None
            if unpacked:
                return unpacked
