"""Runs a supervisor over small Python programs; a test starts this as a process of its own, to signal and kill it.

The argument is a JSON file: {folder, backoff, limits, children: [{name, program, after, once, stop_timeout_s}]}.
"""

import json
import sys
from functools import partial
from pathlib import Path

from mcm_local.child import Backoff, Spec
from mcm_local.processes import Command
from mcm_local.supervise import Supervisor


def main() -> None:
    config = json.loads(Path(sys.argv[1]).read_text())
    folder = Path(config["folder"])
    specs = []
    for child in config["children"]:
        argv = (sys.executable, "-c", child.pop("program"), str(folder))
        child["after"] = tuple(child.get("after", ()))
        specs.append(Spec(command=partial(Command, argv), **child))
    supervisor = Supervisor(specs, folder, _say, backoff=Backoff(**config["backoff"]), **config["limits"])
    supervisor.run(lambda: (folder / "all-ready").touch())


def _say(message: str) -> None:
    sys.stderr.write(message + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
