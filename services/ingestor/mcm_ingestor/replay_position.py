"""Position of an interrupted replay: how many records of each file were acknowledged, in a file of the folder."""

import json
from pathlib import Path
from typing import Final

STATE_FILE: Final = ".mcm-replay.json"


class ReplayPosition:
    """Counts acknowledged records by file; saved when a replay is interrupted, removed when it is complete."""

    def __init__(self, folder: Path, *, resume: bool) -> None:
        self._path = folder / STATE_FILE
        self._done = self._read() if resume else {}

    def done(self, name: str) -> int:
        """Returns how many records of a file need not be sent again; 0 when the file has changed since."""
        entry = self._done.get(_key(name))
        return entry[0] if entry is not None and entry[1] == _identity(name) else 0

    def acknowledge(self, name: str, count: int) -> None:
        """Notes that the first ``count`` records of a file are acknowledged."""
        self._done[_key(name)] = (count, _identity(name))

    def save(self) -> None:
        """Writes the position for ``--resume``; raises OSError where the folder cannot be written."""
        temporary = self._path.with_suffix(".tmp")
        temporary.write_text(json.dumps(self._done))
        temporary.replace(self._path)

    def finish(self) -> None:
        """Removes the position: the replay is complete. In a folder that cannot be written there is none."""
        if self._path.exists():
            self._path.unlink(missing_ok=True)

    def _read(self) -> dict[str, tuple[int, str]]:
        try:
            stored = json.loads(self._path.read_text())
            return {str(name): (int(count), str(identity)) for name, (count, identity) in stored.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}


def _key(name: str) -> str:
    return str(Path(name).absolute())


def _identity(name: str) -> str:
    try:
        found = Path(name).stat()
    except OSError:
        return ""
    return f"{found.st_ino}"
