"""Our commands as containers of the images that docker-compose.yml builds, handled like background processes."""

import os
import secrets
import subprocess
from collections.abc import Mapping
from pathlib import Path

from mcm_local.checkout import CHECKOUT
from mcm_local.ports import LOOPBACK
from mcm_local.processes import Command, launch
from tests.services import Service

IMAGES = "mini-compliance-monitor"
_PROGRAMS_OF_OTHERS = {"mcm-migrate": "rules-engine", "mcm-topics": "rules-engine"}
_SETTINGS = ("MCM_", "KAFKA_", "OPENAI_", "DATABASE_URL")
# as docker-compose.yml runs them
_CONFINED = ("--init", "--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--security-opt=no-new-privileges")


class ContainerService(Service):
    """A container; signals reach what runs in it."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path, results: Path) -> None:
        super().__init__(process, log, results)
        self._name = name

    def kill(self) -> None:
        """Ends it at once (docker kill)."""
        if self.running:
            self._docker("kill")
        self.process.wait()

    def terminate(self) -> None:
        """Asks it to stop (SIGTERM), as ``docker stop`` does."""
        self._docker("kill", "--signal=TERM")

    def pause(self) -> None:
        """Freezes it until ``resume``."""
        self._docker("pause")

    def resume(self) -> None:
        """Lets a paused one go on."""
        self._docker("unpause")

    def _docker(self, *command: str) -> None:
        # it may have ended by itself meanwhile
        subprocess.run(("docker", *command, self._name), capture_output=True, check=False)


def run_in_container(
    program: str, arguments: tuple[str, ...], environment: Mapping[str, str], log: Path, results: Path
) -> Service:
    """Starts one of our commands in a container on this machine's network, with the checkout and the test's folder."""
    name = f"mcm-test-{secrets.token_hex(6)}"
    image = _PROGRAMS_OF_OTHERS.get(program, program.removeprefix("mcm-"))
    settings = {
        "MCM_API_HOST": LOOPBACK,
        "MCM_METRICS_HOST": LOOPBACK,
        **{key: value for key, value in environment.items() if key.startswith(_SETTINGS) and key != "MCM_TEST_STACK"},
    }
    log.parent.mkdir(parents=True, exist_ok=True)
    seen = {CHECKOUT: "ro", CHECKOUT.parent / "shared": "ro", log.parent.parent: "rw"}
    command = (
        *("docker", "run", "--rm", f"--name={name}", "--network=host", *_CONFINED, f"--user={os.getuid()}"),
        *(f"--volume={folder.resolve()}:{folder}:{mode}" for folder, mode in seen.items() if folder.exists()),
        *(f"--env={key}" for key in settings),
        *(f"{IMAGES}/{image}", program, *arguments),
    )
    process = launch(Command(command, environment={**environment, **settings}), log, results=results)
    return ContainerService(name, process, log, results)
