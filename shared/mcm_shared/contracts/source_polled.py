"""What a ``source_polled`` record says: the sources that a connector feeds are complete until a time.

A connector sends it after a successful poll, as an event of the source ``mcm.ingestor``. Its facts are ``source`` (its
name in sources.yml), ``feeds`` (the sources of the events it sends), ``complete_until`` (ISO 8601 with a time zone) and
``records``. Rules about what did not happen wait for it, or for a later event of the source.
"""

from datetime import datetime

from mcm_shared.contracts.events import SourceEvent, parse_time
from mcm_shared.contracts.sources import INGESTOR_SOURCE, SOURCE_POLLED


def completeness_of(event: SourceEvent) -> tuple[list[str], datetime] | None:
    """Reads which sources an event shows to be complete, and until when; None for any other event.

    A poll cannot know more than what had happened when it was made, so its own time is the limit.
    """
    if event.source != INGESTOR_SOURCE or event.event_type != SOURCE_POLLED:
        return None
    feeds = event.facts.get("feeds", [event.facts.get("source")])
    sources = [each for each in feeds if isinstance(each, str) and each] if isinstance(feeds, list) else []
    try:
        until = parse_time(event.facts.get("complete_until"))
    except ValueError:
        return None
    return (sources, min(until, event.timestamp)) if sources else None
