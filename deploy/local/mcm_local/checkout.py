"""Paths of the checkout that this package was installed from."""

import sys
from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).resolve().parents[3]
JARS: Final = CHECKOUT / ".local" / "jars"
COMMANDS: Final = Path(sys.executable).parent
"""Folder of the virtual environment with our commands."""
