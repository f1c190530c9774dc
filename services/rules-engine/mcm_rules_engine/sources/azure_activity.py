"""Azure: one event of a subscription's activity log, as diagnostic settings send it."""

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any, Final

from mcm_rules_engine.sources.azure import log_of
from mcm_rules_engine.sources.read import id_at, known, other_type, text_at, time_at, value_at
from mcm_rules_engine.sources.source import Payload, Source
from mcm_shared.contracts.events import MAX_TEXT, SourceEvent, event_uid
from mcm_shared.errors import PoisonEventError

NAME: Final = "azure.activity"

Facts = dict[str, Any]
Action = Callable[[dict[str, Any], Facts], str]
"""Adds the facts of one action and returns the event type; '' when it is none of the known types."""

_CLAIMS: Final = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
_DONE: Final = ("success", "succeeded")
_ROLES: Final = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "owner",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "admin",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "contributor",
    "acdd72a7-3385-48ef-bd42-f606fba81ae7": "reader",
}
"""Azure's own roles by id; who administers access can have any right, and so counts as an admin."""


def normalise(payload: Any, fallback_id: str) -> SourceEvent:
    """Makes the event of an entry of the activity log, whose keys come in any case.

    An operation is told several times, from its start to its end; only its success is a change.
    """
    if not isinstance(payload, dict):
        raise PoisonEventError(f"an event of Azure's activity log must be a JSON object, not {type(payload).__name__}")
    entry = {str(key).lower(): value for key, value in payload.items()}
    operation = text_at(entry, "operationname")
    if operation is None:
        raise PoisonEventError("operationName is missing: is this an event of Azure's activity log?")
    timestamp = time_at(entry, "time")
    event_id = _id(entry, operation, fallback_id)
    facts = _common_facts(entry)
    action = _ACTIONS.get(operation.lower()) if facts.get("result") in _DONE else None
    event_type = action(entry, facts) if action is not None else ""
    return SourceEvent(
        uid=event_uid(NAME, event_id),
        id=event_id,
        source=NAME,
        event_type=event_type or other_type(NAME, operation.lower()),
        user=_user(entry),
        timestamp=timestamp,
        raw_data=payload,
        attributes=facts,
    )


def _id(entry: dict[str, Any], operation: str, fallback_id: str) -> str:
    # the log gives no id of its own: the parts that tell its entries apart make one, the same at each delivery
    correlation = text_at(entry, "correlationid")
    if correlation is not None:
        parts = (entry["time"], correlation, operation, text_at(entry, "resulttype"), text_at(entry, "resourceid"))
        joined = "|".join(part or "" for part in parts).lower()
        if len(joined) <= MAX_TEXT:
            return joined
    return id_at(entry, "eventdataid", fallback_id)


def _user(entry: dict[str, Any]) -> str | None:
    claims = value_at(entry, "identity", "claims")
    names = (text_at(claims, key) for key in (f"{_CLAIMS}upn", f"{_CLAIMS}emailaddress", "name", "appid"))
    name = next((name for name in names if name is not None), None) or text_at(entry, "caller")
    return None if name is None else name[:MAX_TEXT]


def _common_facts(entry: dict[str, Any]) -> Facts:
    result = text_at(entry, "resulttype")
    return known(
        {
            "ip": text_at(entry, "calleripaddress"),
            "region": text_at(entry, "location"),
            "resource": text_at(entry, "resourceid"),
            "result": None if result is None else result.lower(),
        }
    )


def _request(entry: dict[str, Any]) -> Any:
    text = value_at(entry, "properties", "requestbody")
    try:
        body = json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError):
        return None
    return value_at(body, "properties")


def _role_assigned(entry: dict[str, Any], facts: Facts) -> str:
    request = _request(entry)
    definition = (text_at(request, "roleDefinitionId") or text_at(request, "RoleDefinitionId") or "").lower()
    role = definition.rpartition("/")[2]
    if not role:
        return ""
    facts["new_role"] = _ROLES.get(role, role)
    facts["target"] = text_at(request, "principalId") or text_at(request, "PrincipalId")
    return "permission_changed"


def _container_written(entry: dict[str, Any], facts: Facts) -> str:
    access = text_at(_request(entry), "publicAccess")
    if access is None:
        return ""
    facts["visibility"] = "private" if access.lower() == "none" else "public"
    facts["bucket"] = _names(facts, "storageaccounts", "containers")
    return "storage_bucket_permission_changed"


def _account_written(entry: dict[str, Any], facts: Facts) -> str:
    allowed = value_at(_request(entry), "allowBlobPublicAccess")
    if not isinstance(allowed, bool):
        return ""
    facts["public_access_block"] = not allowed
    facts["bucket"] = _names(facts, "storageaccounts")
    return "storage_bucket_permission_changed"


def _names(facts: Facts, *kinds: str) -> str | None:
    parts = str(facts.get("resource", "")).split("/")
    at = {kind.lower(): name for kind, name in pairwise(parts)}
    return "/".join(at[kind] for kind in kinds if kind in at) or None


_ACTIONS: Final[dict[str, Action]] = {
    "microsoft.authorization/roleassignments/write": _role_assigned,
    "microsoft.storage/storageaccounts/write": _account_written,
    "microsoft.storage/storageaccounts/blobservices/containers/write": _container_written,
}


def _recognise(payload: Payload) -> bool:
    return log_of(payload) == NAME


SOURCE: Final = Source(
    name=NAME,
    log_source=("azure", "activitylogs"),
    payload="one entry of a subscription's activity log, as diagnostic settings send it",
    normalise=normalise,
    recognise=_recognise,
    envelope="records",
    case_insensitive_keys=True,
    route=log_of,
)
