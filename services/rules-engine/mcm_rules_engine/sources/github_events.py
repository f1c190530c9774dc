"""GitHub: one event of the Events API."""

import re
from typing import Any, Final

from mcm_rules_engine.sources.github_deliveries import event_type_of
from mcm_rules_engine.sources.identity import SERVICE, user_name
from mcm_rules_engine.sources.read import epoch_or_time_at, id_at, known, text_at
from mcm_rules_engine.sources.source import Payload, Source
from mcm_shared.contracts.events import SourceEvent, event_uid
from mcm_shared.errors import PoisonEventError

NAME: Final = "github.events"

_CAPITAL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def normalise(payload: Any, _fallback_id: str) -> SourceEvent:
    """Makes the event of an entry of the Events API, whose payload is that of the webhook event of the same name."""
    if not isinstance(payload, dict):
        raise PoisonEventError(f"an event of GitHub's Events API must be a JSON object, not {type(payload).__name__}")
    kind = text_at(payload, "type")
    if kind is None:
        raise PoisonEventError("type is missing: is this an event of GitHub's Events API?")
    timestamp = epoch_or_time_at(payload, "created_at")
    event_id = id_at(payload, "id", payload)
    name = _CAPITAL.sub("_", kind.removesuffix("Event")).lower() or "event"
    delivery = _as_delivery(payload)
    facts = _common_facts(payload)
    event_type = event_type_of(NAME, name, delivery, facts)
    return SourceEvent(
        uid=event_uid(NAME, event_id),
        id=event_id,
        source=NAME,
        event_type=event_type,
        user=user_name(text_at(payload, "actor", "login")),
        timestamp=timestamp,
        raw_data=payload,
        attributes=known(facts),
    )


def normalize_github_event(event: Payload) -> SourceEvent:
    """Makes the event of what ``fetch_github_events`` of the ingestor returns; raises PoisonEventError."""
    return normalise(event, "")


def _as_delivery(event: Payload) -> Payload:
    """Writes an event as the webhook delivers it: the repository, the sender and the organisation beside the rest."""
    inner = event.get("payload")
    delivery: Payload = dict(inner) if isinstance(inner, dict) else {}
    repository = text_at(event, "repo", "name")
    if repository is not None and not isinstance(delivery.get("repository"), dict):
        delivery["repository"] = {"full_name": repository, "name": repository.rpartition("/")[2]}
    delivery.setdefault("sender", event.get("actor"))
    if event.get("org") is not None:
        delivery.setdefault("organization", event["org"])
    if event.get("type") == "PublicEvent":
        delivery["repository"] = {**delivery.get("repository", {}), "visibility": "public"}
    pull = delivery.get("pull_request")
    # the Events API has an action for what a webhook calls closed and merged
    if text_at(delivery, "action") == "merged" and isinstance(pull, dict):
        delivery |= {"action": "closed", "pull_request": {**pull, "merged": True}}
    return delivery


def _common_facts(event: Payload) -> dict[str, Any]:
    return known(
        {
            "repository": text_at(event, "repo", "name"),
            "organisation": text_at(event, "org", "login"),
            "actor_type": SERVICE if (text_at(event, "actor", "login") or "").endswith("[bot]") else None,
        }
    )


def _recognise(payload: Payload) -> bool:
    return (
        (text_at(payload, "type") or "").endswith("Event")
        and isinstance(payload.get("actor"), dict)
        and isinstance(payload.get("repo"), dict)
        and "created_at" in payload
    )


SOURCE: Final = Source(
    name=NAME,
    log_source=("github", "events"),
    payload="one event of GitHub's Events API",
    normalise=normalise,
    recognise=_recognise,
)
