"""Rule files below the paths of packs."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from mcm_rules_engine.sigma.parse.documents import Problem

SUFFIXES: Final = (".yml", ".yaml")


def rule_files(paths: Sequence[Path], problems: list[Problem]) -> list[Path]:
    """Lists the rule files of packs, each once; a pack without any, and what cannot be read, go to ``problems``.

    Follows links to folders. Leaves out names that begin with a dot: mounted configuration keeps its copies there.
    """
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            found = sorted(_below(path, problems))
            if not found:
                problems.append(Problem(str(path), None, None, "the folder holds no .yml or .yaml file"))
            files.extend(found)
        elif path.is_file():
            files.append(path)
        else:
            problems.append(Problem(str(path), None, None, "there is no such file or folder"))
    return list({file.resolve(): file for file in files}.values())


def _below(top: Path, problems: list[Problem]) -> Iterator[Path]:
    def unreadable(error: OSError) -> None:
        problems.append(Problem(str(error.filename), None, None, f"cannot be read: {error.strerror}"))

    seen = {top.resolve()}
    for folder, folders, names in os.walk(top, followlinks=True, onerror=unreadable):
        below = []
        for name in sorted(folders):
            real = Path(folder, name).resolve()
            # a link may lead back up, or to a folder that is listed already
            if not name.startswith(".") and real not in seen:
                seen.add(real)
                below.append(name)
        folders[:] = below
        for name in names:
            file = Path(folder, name)
            if name.startswith(".") or file.suffix.lower() not in SUFFIXES:
                continue
            if file.is_file():
                yield file
            else:
                problems.append(Problem(str(file), None, None, "is not a file, or a broken link"))
