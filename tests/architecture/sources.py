"""The files of the project, as the rules about them need them."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def project_files(*endings: str) -> list[Path]:
    """Lists every file of the project that is not ignored, by ending; new files not yet committed too."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    paths = (ROOT / name for name in listed.split("\0") if name)
    return sorted(path for path in paths if path.name.endswith(endings or ("",)) and path.is_file())


def product_modules() -> list[Path]:
    """Lists the Python files that ship: those of our packages, without tests and benchmarks."""
    return [path for path in project_files(".py") if any(part.startswith("mcm_") for part in path.parts)]


def name_of(path: Path) -> str:
    """Names a file as messages do: from the top of the checkout."""
    return str(path.relative_to(ROOT))
