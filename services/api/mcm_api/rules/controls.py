"""From the tags of a rule to the controls they mean."""

from collections.abc import Iterable
from typing import Final

from mcm_api.rules.schemas import Control

_FRAMEWORKS: Final = {
    "soc2": "SOC 2",
    "iso27001": "ISO 27001",
    "nist": "NIST 800-53",
    "cis": "CIS Controls",
    "pci": "PCI DSS",
}


def controls_of(tags: Iterable[str]) -> list[Control]:
    """Lists the controls among tags such as ``soc2.cc6.1``, in their order; other tags are left out."""
    controls = []
    for tag in tags:
        framework, _, control = tag.partition(".")
        if framework in _FRAMEWORKS and control:
            controls.append(Control(framework=_FRAMEWORKS[framework], control=_written(framework, control)))
    return controls


def _written(framework: str, control: str) -> str:
    # as each framework prints its own: CC6.1, A.8.5, AC-7; CIS and PCI count in numbers alone
    return control.upper() if framework in {"soc2", "iso27001", "nist"} else control
