"""The browser of the tests: whichever Chromium the machine has. Run as a command, it says whether there is one."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# where distributions put it, whatever PATH says
_PLACES = "/usr/bin:/usr/local/bin:/snap/bin"
HOW_TO_GET_IT = (
    "no Chromium: as root, `make setup` installs Debian's; else install chromium or google-chrome, or set MCM_CHROMIUM"
)


def find_chromium() -> str | None:
    """Finds a Chromium that starts: what MCM_CHROMIUM names, else one on PATH or where distributions put it."""
    named = os.environ.get("MCM_CHROMIUM")
    for candidate in [named] if named else NAMES:
        path = shutil.which(candidate) or shutil.which(candidate, path=_PLACES)
        # a distribution's stub that only says how to install it is none
        if path and subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0:
            return path
    return None


if __name__ == "__main__":
    sys.exit(find_chromium() is None)
