"""Targets of triage: the time in which findings of each severity are to be closed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final

from fastapi import Depends

from mcm_api.http.state import provided
from mcm_shared.contracts.findings import Severity

_TARGET: Final = re.compile(r"(?P<severity>[a-z]+)=(?P<number>[0-9]{1,4})(?P<unit>[hd])", re.ASCII)
_UNITS: Final = {"h": timedelta(hours=1), "d": timedelta(days=1)}
_DEFAULTS: Final = {
    Severity.CRITICAL: timedelta(days=1),
    Severity.HIGH: timedelta(days=7),
    Severity.MEDIUM: timedelta(days=30),
    Severity.LOW: timedelta(days=90),
}


@dataclass(frozen=True, slots=True)
class TriageTargets:
    """The time in which findings of each severity are to be closed."""

    within: Mapping[Severity, timedelta]

    @classmethod
    def parse(cls, text: str) -> "TriageTargets":
        """Reads ``critical=12h,high=3d``; a severity that is not named keeps its default.

        Raises ValueError for anything else.
        """
        within = dict(_DEFAULTS)
        given: set[Severity] = set()
        for part in filter(None, (each.strip() for each in text.split(","))):
            found = _TARGET.fullmatch(part)
            severity = next((one for one in Severity if found and one.value == found["severity"]), None)
            if found is None or severity is None or not int(found["number"]):
                raise ValueError(f"{part!r} is not a target; write severity=number and h or d, such as critical=12h")
            if severity in given:
                raise ValueError(f"{severity.value} has two targets; keep one")
            given.add(severity)
            within[severity] = int(found["number"]) * _UNITS[found["unit"]]
        return cls(within)


TriageTargetsDep = Annotated[TriageTargets, Depends(provided(TriageTargets))]
"""Gives a route the targets of triage."""
