"""Azure: one event of a subscription's activity log, as diagnostic settings send it."""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, Final

from mcm_rules_engine.sources.azure import (
    address,
    first_time,
    from_json_text,
    has_succeeded,
    log_of,
    lower_entry,
    value_text,
)
from mcm_rules_engine.sources.deployments import environment_in
from mcm_rules_engine.sources.identity import SERVICE, user_name
from mcm_rules_engine.sources.read import first_text, id_at, known, other_type, text_at, value_at
from mcm_rules_engine.sources.source import Payload, Source
from mcm_shared.contracts.events import MAX_TEXT, SourceEvent, event_uid
from mcm_shared.errors import PoisonEventError

NAME: Final = "azure.activity"

Facts = dict[str, Any]
Action = Callable[[Payload, Facts], str]
"""Adds the facts of one action and returns the event type; '' when it is none of the known types."""

_CLAIMS: Final = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
_NAMES: Final = (f"{_CLAIMS}upn", f"{_CLAIMS}emailaddress", f"{_CLAIMS}name", "name")
_TIMES: Final = ("time", "eventtimestamp", "timegenerated")
_OPERATIONS: Final = ("operationname", "operationnamevalue")
_RESULTS: Final = ("resulttype", "status", "activitystatusvalue", "activitystatus")
_CATEGORIES: Final = ("category", "categoryvalue")
_RESOURCES: Final = ("resourceid", "_resourceid")
_PROVIDERS: Final = ("resourceprovidername", "resourceprovider", "resourceprovidervalue")
_DEPLOYMENT_RESULTS: Final = {
    "start": "deployment_started",
    "started": "deployment_started",
    "success": "deployment_succeeded",
    "succeeded": "deployment_succeeded",
    "failure": "deployment_failed",
    "failed": "deployment_failed",
}
_ROLES: Final = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "owner",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "admin",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "contributor",
    "acdd72a7-3385-48ef-bd42-f606fba81ae7": "reader",
}
"""Azure's own roles by id; who administers access can have any right, and so counts as an admin."""


def normalise(payload: Any, _fallback_id: str) -> SourceEvent:
    """Makes the event of an entry of the activity log, whose keys come in any case.

    An operation is reported several times, from its start to its end; only its success is a change. An entry that
    holds neither a correlation id nor an id of its own is named by its content.
    """
    if not isinstance(payload, dict):
        raise PoisonEventError(f"an event of Azure's activity log must be a JSON object, not {type(payload).__name__}")
    entry = lower_entry(payload)
    operation = value_text(entry, *_OPERATIONS)
    if operation is None:
        raise PoisonEventError("operationName is missing: is this an event of Azure's activity log?")
    timestamp = first_time(entry, *_TIMES)
    event_id = _id(entry, operation, payload)
    user = _person(entry)
    facts = _common_facts(entry)
    if user is None and (user := _service(entry)) is not None:
        facts["actor_type"] = SERVICE
    action = _ACTIONS.get(operation.lower())
    whole = has_succeeded(facts.get("result")) or action is _deployed
    event_type = action(entry, facts) if action is not None and whole else ""
    return SourceEvent(
        uid=event_uid(NAME, event_id),
        id=event_id,
        source=NAME,
        event_type=event_type or other_type(NAME, operation.lower()),
        user=user,
        timestamp=timestamp,
        raw_data=payload,
        attributes=facts,
    )


def _id(entry: Payload, operation: str, payload: Payload) -> str:
    # the log gives no id of its own: the parts that distinguish its entries make one, the same at each delivery
    correlation = text_at(entry, "correlationid")
    if correlation is not None:
        time = next(text for key in _TIMES if (text := text_at(entry, key)))
        parts = (time, correlation, operation, value_text(entry, *_RESULTS), value_text(entry, *_RESOURCES))
        joined = "|".join(part or "" for part in parts).lower()
        if len(joined) <= MAX_TEXT:
            return joined
    return id_at(entry, "eventdataid", payload)


def _user(entry: Payload) -> str | None:
    return _person(entry) or _service(entry)


def _person(entry: Payload) -> str | None:
    claims = _claims(entry)
    for claim in _NAMES:
        if claims and claim in claims and (name := user_name(text_at(claims, claim))) is not None:
            return name
    caller = text_at(entry, "caller")
    return user_name(caller) if caller is not None and "@" in caller else None


def _service(entry: Payload) -> str | None:
    return user_name(text_at(_claims(entry), "appid"), text_at(entry, "caller"))


def _claims(entry: Payload) -> Payload | None:
    claims = from_json_text(value_at(entry, "identity", "claims") or entry.get("claims"))
    return claims if isinstance(claims, dict) else None


def _common_facts(entry: Payload) -> Facts:
    result = value_text(entry, *_RESULTS)
    return known(
        {
            "ip": address(_ip(entry)),
            "region": text_at(entry, "location"),
            "resource": value_text(entry, *_RESOURCES),
            "result": None if result is None else result.lower(),
        }
    )


def _ip(entry: Payload) -> str | None:
    request = from_json_text(entry.get("httprequest"))
    return first_text(text_at(entry, "calleripaddress"), text_at(request, "clientipaddress"))


def _request(entry: Payload) -> Any:
    """Returns the requested properties: below ``properties`` of its body, or the body itself."""
    # a body that was already JSON text is encoded once more by some exporters
    body = from_json_text(from_json_text(value_at(entry, "properties", "requestbody")))
    properties = from_json_text(value_at(body, "properties"))
    return body if properties is None else properties


def _requested(payload: Payload) -> Mapping[str, Any]:
    request = _request(lower_entry(payload))
    return request if isinstance(request, dict) else {}


def _role_assigned(entry: Payload, facts: Facts) -> str:
    request = _request(entry)
    response = value_at(from_json_text(value_at(entry, "properties", "responsebody")), "properties")
    definition = text_at(request, "roledefinitionid") or text_at(response, "roledefinitionid") or ""
    role = definition.lower().rpartition("/")[2]
    if not role:
        return ""
    facts["new_role"] = _ROLES.get(role, role)
    facts["target"] = text_at(request, "principalid") or text_at(response, "principalid")
    return "permission_changed"


def _role_removed(entry: Payload, facts: Facts) -> str:
    response = value_at(from_json_text(value_at(entry, "properties", "responsebody")), "properties")
    role = (text_at(response, "roledefinitionid") or "").lower().rpartition("/")[2]
    facts |= known({"old_role": _ROLES.get(role, role) or None, "target": text_at(response, "principalid")})
    return "permission_changed"


def _deployed(_entry: Payload, facts: Facts) -> str:
    group, name = _names(facts, "resourcegroups"), _names(facts, "deployments")
    facts |= known({"service": group or name, "environment": environment_in(group, name), "version": name})
    return _DEPLOYMENT_RESULTS.get(str(facts.get("result", "")), "")


def _access_elevated(entry: Payload, facts: Facts) -> str:
    # a global administrator becomes administrator of access at the root, above every subscription
    facts |= {"new_role": "root", "target": _user(entry), "role": "User Access Administrator"}
    return "permission_changed"


def _container_written(entry: Payload, facts: Facts) -> str:
    access = text_at(_request(entry), "publicaccess")
    if access is None:
        return ""
    facts["visibility"] = "private" if access.lower() == "none" else "public"
    facts["bucket"] = _names(facts, "storageaccounts", "containers")
    return "storage_bucket_permission_changed"


def _account_written(entry: Payload, facts: Facts) -> str:
    allowed = value_at(_request(entry), "allowblobpublicaccess")
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
    "microsoft.authorization/elevateaccess/action": _access_elevated,
    "microsoft.authorization/roleassignments/write": _role_assigned,
    "microsoft.authorization/roleassignments/delete": _role_removed,
    "microsoft.resources/deployments/write": _deployed,
    "microsoft.storage/storageaccounts/write": _account_written,
    "microsoft.storage/storageaccounts/blobservices/containers/write": _container_written,
}


def _rule_view(payload: Payload) -> Mapping[str, Any]:
    """Gives an entry of the REST API or of Log Analytics the field names of diagnostic settings, and the other way."""
    entry = lower_entry(payload)
    operation, result = value_text(entry, *_OPERATIONS), value_text(entry, *_RESULTS)
    category, resource, provider = (value_text(entry, *keys) for keys in (_CATEGORIES, _RESOURCES, _PROVIDERS))
    names = {
        **dict.fromkeys(_OPERATIONS, operation),
        **dict.fromkeys(_RESULTS, result),
        **dict.fromkeys(_CATEGORIES, category),
        **dict.fromkeys(_RESOURCES, resource),
        **dict.fromkeys(_PROVIDERS, provider),
        "calleripaddress": _ip(entry),
        "caller": first_text(text_at(entry, "caller"), _person(entry), _service(entry)),
    }
    added = {
        # the object of the REST API stays beside its text: rules may read operationName.value as well
        key: [entry[key], value] if isinstance(entry.get(key), dict) else value
        for key, value in names.items()
        if value is not None and text_at(entry, key) is None
    }
    return {**entry, **added}


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
    rule_view=_rule_view,
    derived={"requested": _requested},
    route=log_of,
)
