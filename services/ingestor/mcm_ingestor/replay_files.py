"""Files to replay: folders and patterns expanded, and a growing file followed."""

import glob
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from mcm_shared.errors import ConfigurationError
from mcm_shared.event_files import STDIN, Entry, read_lines_as_entries

_SUFFIXES: Final = (".json", ".jsonl", ".log", ".ndjson")
_PACKED: Final = (".gz", ".zst")
_LOOK_S: Final = 0.2
_CHUNK_BYTES: Final = 256 * 1024


def expand(names: Sequence[str]) -> list[str]:
    """Expands folders (all event files below, by name) and patterns; raises ConfigurationError when there is none."""
    files: list[str] = []
    for name in names:
        if name == STDIN or Path(name).is_file():
            files.append(name)
        elif Path(name).is_dir():
            found = sorted(str(path) for path in Path(name).rglob("*") if path.is_file() and _holds_events(path))
            if not found:
                raise ConfigurationError(f"{name} holds no files named {', '.join(f'*{each}' for each in _SUFFIXES)}")
            files += found
        elif glob.has_magic(name):
            found = glob.glob(name, recursive=True)  # noqa: PTH207 (a pattern may be absolute)
            matching = sorted(path for path in found if Path(path).is_file())
            if not matching:
                raise ConfigurationError(f"no file matches {name}")
            files += matching
        else:
            files.append(name)
    return files


def _holds_events(path: Path) -> bool:
    name = path.name.lower()
    for packed in _PACKED:
        name = name.removesuffix(packed)
    return name.endswith(_SUFFIXES)


def follow(name: str, max_bytes: int, stopped: Callable[[], bool]) -> Iterator[list[Entry]]:
    """Yields the records of a file, one a line, and those that are appended later, until ``stopped`` returns true.

    A file that is replaced or truncated is read from its beginning, as after a rotation of logs. While there is
    nothing new, empty lists are yielded.
    """
    number = 0
    while not stopped():
        try:
            with Path(name).open("rb") as stream:
                identity = os.fstat(stream.fileno()).st_ino
                rest = b""
                position = 0
                while not stopped():
                    chunk = stream.read(_CHUNK_BYTES)
                    position += len(chunk)
                    if chunk:
                        *lines, rest = (rest + chunk).split(b"\n")
                        yield read_lines_as_entries(name, lines, number, max_bytes)
                        number += len(lines)
                        continue
                    if _is_replaced(name, identity, position):
                        number = 0
                        break
                    time.sleep(_LOOK_S)
                    yield []
        except OSError as error:
            raise ConfigurationError(f"{name} cannot be read: {error.strerror or error}") from None


def _is_replaced(name: str, identity: int, position: int) -> bool:
    try:
        found = Path(name).stat()
    except OSError:
        # between the two steps of a rotation
        return False
    return found.st_ino != identity or found.st_size < position
