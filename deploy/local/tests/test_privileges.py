"""What root's PostgreSQL may and may not do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mcm_local.privileges import become, unprivileged_ids

LOOK = """
import os, sys
print(os.geteuid() != 0, os.access(sys.argv[1], os.X_OK), open(sys.argv[1]).read())
try:
    os.setuid(0)
    print("root again")
except PermissionError:
    print("never root again")
"""


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root on Linux gives up being root")
def test_it_is_not_root_and_still_reaches_files_in_a_folder_only_root_may_enter(tmp_path: Path) -> None:
    ids = unprivileged_ids()
    assert ids is not None
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    program = closed / "program"
    program.write_text("found")
    program.chmod(0o755)

    seen = subprocess.run(
        ["/usr/bin/env", sys.executable, "-S", "-c", LOOK, str(program)],
        capture_output=True,
        text=True,
        preexec_fn=lambda: become(ids),
        check=True,
    ).stdout.splitlines()

    assert seen == ["True True found", "never root again"]
