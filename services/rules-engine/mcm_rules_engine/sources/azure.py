"""Azure's log records: as diagnostic settings, Microsoft Graph and Log Analytics write them."""

import json
import re
from contextvars import ContextVar
from datetime import datetime
from typing import Any, Final

from mcm_rules_engine.sources.read import lower_keys, text_at, time_at
from mcm_rules_engine.sources.source import Payload
from mcm_shared.errors import PoisonEventError

_WITH_PORT: Final = re.compile(r"\[([0-9a-fA-F:.]+)\](?::[0-9]{1,5})?|([0-9]{1,3}(?:\.[0-9]{1,3}){3}):[0-9]{1,5}")
_MAX_JSON_TEXT: Final = 1024 * 1024

_SIGN_IN_CATEGORIES: Final = frozenset(
    {
        "adfssigninlogs",
        "managedidentitysigninlogs",
        "noninteractiveusersigninlogs",
        "riskyserviceprincipals",
        "riskyusers",
        "serviceprincipalriskevents",
        "serviceprincipalsigninlogs",
        "signinlogs",
        "userriskevents",
    }
)
_AUDIT_CATEGORIES: Final = frozenset({"auditlogs", "customsecurityattributeauditlogs"})
_ACTIVITY_CATEGORIES: Final = frozenset(
    {"administrative", "alert", "autoscale", "recommendation", "resourcehealth", "security", "servicehealth"}
)
_ONLY_IN_AUDIT: Final = frozenset({"activitydisplayname", "targetresources"})
_ONLY_IN_SIGN_INS: Final = frozenset({"conditionalaccessstatus", "clientappused", "authenticationrequirement"})
_SPELLINGS: Final = {"request_body": "requestbody", "response_body": "responsebody"}
"""Names that exporters give to what Azure itself writes in one word."""

_routed: ContextVar[tuple[Payload, Payload] | None] = ContextVar("routed", default=None)


def lower_entry(payload: Payload) -> Payload:
    """Copies an entry with keys in lower case, its ``properties`` and ``identity`` decoded where they are JSON text."""
    routed = _routed.get()
    if routed is not None and routed[0] is payload:
        # what routing the same entry has just made; taken once, since the payload may change later
        _routed.set(None)
        return routed[1]
    return _lowered(payload)


def _lowered(payload: Payload) -> Payload:
    entry: Payload = lower_keys(payload)
    for key in ("properties", "identity"):
        decoded = from_json_text(entry.get(key))
        if isinstance(decoded, dict):
            entry[key] = {_SPELLINGS.get(name, name): value for name, value in decoded.items()}
    return entry


def flat_entry(payload: Payload) -> Payload:
    """Copies an entry as Microsoft Graph writes it: what diagnostic settings put below ``properties`` at the top."""
    entry = lower_entry(payload)
    properties = entry.get("properties")
    return {**entry, **properties} if isinstance(properties, dict) else entry


def from_json_text(value: Any) -> Any:
    """Decodes a text that holds a JSON object, array or text, keys in lower case; any other value stays as it is."""
    if not isinstance(value, str) or len(value) > _MAX_JSON_TEXT or value.lstrip()[:1] not in ("{", "[", '"'):
        return value
    try:
        return lower_keys(json.loads(value))
    except (ValueError, RecursionError):
        return value


def address(text: str | None) -> str | None:
    """Reads an IP address that may come with a port: ``192.0.2.7:51234``, ``[2001:db8::7]:443``."""
    if text is None or ":" not in text:
        return None if text is None else text.strip()
    with_port = _WITH_PORT.fullmatch(text.strip())
    return text.strip() if with_port is None else with_port[1] or with_port[2]


def first_time(entry: Payload, *keys: str) -> datetime:
    """Reads the first of several times that can be read; raises PoisonEventError about the first one there is."""
    reason: PoisonEventError | None = None
    for key in keys:
        if entry.get(key) is not None:
            try:
                return time_at(entry, key)
            except PoisonEventError as error:
                reason = reason or error
    raise reason or PoisonEventError(f"{keys[0]} is missing: an event needs the time it happened at")


def has_succeeded(result: str | None) -> bool:
    """Returns whether a result means success, in the spellings of all logs."""
    return (result or "").lower() in ("0", "success", "succeeded")


def log_of(payload: Payload) -> str | None:
    """Classifies an entry by its content: returns its source whatever its header, or None when that is not clear.

    Diagnostic settings send all logs of a tenant to one event hub, so its records share one header.
    """
    entry = _lowered(payload)
    _routed.set((payload, entry))
    nested = entry.get("properties")
    properties = nested if isinstance(nested, dict) else entry
    category = (value_text(entry, "category", "categoryvalue") or "").lower()
    operation = (value_text(entry, "operationname", "operationnamevalue") or "").lower()
    if category in _SIGN_IN_CATEGORIES or operation == "sign-in activity":
        return "azure.signin"
    if category in _AUDIT_CATEGORIES or not properties.keys().isdisjoint(_ONLY_IN_AUDIT):
        return "azure.audit"
    if not properties.keys().isdisjoint(_ONLY_IN_SIGN_INS) and "resourceid" not in entry:
        return "azure.signin"
    if category in _ACTIVITY_CATEGORIES or "/" in operation:
        return "azure.activity"
    return None


def value_text(entry: Payload, *keys: str) -> str | None:
    """Reads the first text there is; the REST API writes it as ``{"value": "…", "localizedValue": "…"}``."""
    for key in keys:
        if key in entry and (text := text_at(entry, key) or text_at(entry, key, "value")):
            return text
    return None
