"""GitHub: event types and facts of webhook deliveries, which the Events API holds as well."""

from mcm_rules_engine.sources.github_access_events import ACCESS_ACTIONS, Facts
from mcm_rules_engine.sources.github_code_events import CODE_ACTIONS
from mcm_rules_engine.sources.read import other_type, text_at
from mcm_rules_engine.sources.source import Payload


def event_type_of(source: str, name: str, delivery: Payload, facts: Facts) -> str:
    """Returns the event type of a delivery of the event ``name``, and adds its facts to ``facts``."""
    action = ACCESS_ACTIONS.get(name) or CODE_ACTIONS.get(name)
    event_type = action(delivery, facts) if action is not None else ""
    what = ".".join(part for part in (name, text_at(delivery, "action")) if part)
    return event_type or other_type(source, what)
