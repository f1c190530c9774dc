"""Finds the Chromium of the tests. As a command, its exit code tells whether there is one."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# where distributions install it, independent of PATH
_PLACES = "/usr/bin:/usr/local/bin:/snap/bin"
HOW_TO_GET_IT = (
    "no Chromium: as root, `make setup` installs Debian's; else install chromium or google-chrome, or set MCM_CHROMIUM"
)


def find_chromium() -> str | None:
    """Finds a Chromium that starts: the one in MCM_CHROMIUM, else one on PATH or where distributions install it."""
    named = os.environ.get("MCM_CHROMIUM")
    for candidate in [named] if named else NAMES:
        path = shutil.which(candidate) or shutil.which(candidate, path=_PLACES)
        # a distribution's stub that only explains how to install it does not count
        if path and subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0:
            return path
    return None


if __name__ == "__main__":
    sys.exit(find_chromium() is None)
