"""Evidence of a finding under a restriction: what it says of events that may not be seen is left out.

A finding belongs to the source of its earliest event. The event of its latest detection, and the one that withdrew it,
may be of other sources and times; the explanation may name them too.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from mcm_api.identity.restriction import Restriction

WITHHELD: Final = "This explanation names events outside of your access."
"""The explanation in the place of one that may not be read."""

_EVENTS: Final = ("earliest", "latest", "withdrawn_by")
_SHOWN: Final = frozenset({"event_uid", "at", "count", "window", "completed_by"})


def withhold_evidence(finding: dict[str, Any], restriction: Restriction) -> bool:
    """Leaves out of a finding, in place, what it says of events that may not be seen; returns whether there are any."""
    extra_data = finding["extra_data"]
    outside = [name for name in _EVENTS if extra_data.get(name) and not _is_visible(extra_data[name], restriction)]
    for name in outside:
        shown = {key: value for key, value in extra_data[name].items() if key in _SHOWN}
        extra_data[name] = {**shown, "facts": {}}
    if outside and finding.get("ai_explanation") is not None:
        finding["ai_explanation"] = WITHHELD
    if outside and "ai_data" in finding:
        finding["ai_data"] = None
    return bool(outside)


def _is_visible(event: Mapping[str, Any], restriction: Restriction) -> bool:
    return restriction.allows(event.get("source"), datetime.fromisoformat(event["at"]))
