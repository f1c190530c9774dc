"""Parts of an entry of Entra ID's audit log: who initiated it, what it is about, and what it changed."""

from collections.abc import Callable
from typing import Any

from mcm_rules_engine.sources.azure import flat_entry, from_json_text
from mcm_rules_engine.sources.identity import user_name
from mcm_rules_engine.sources.read import objects_in, text_at, value_at
from mcm_rules_engine.sources.source import Payload


def decoded_entry(payload: Payload) -> Payload:
    """Copies an entry as Microsoft Graph writes it, with its objects decoded where they are JSON text."""
    entry = flat_entry(payload)
    for key in ("initiatedby", "targetresources"):
        if key in entry:
            entry[key] = from_json_text(entry[key])
    return entry


def initiator(entry: Payload) -> tuple[Any, Any]:
    """Returns the user and the application that initiated an activity; None for each that did not."""
    initiated = from_json_text(entry.get("initiatedby"))
    return value_at(initiated, "user"), value_at(initiated, "app")


def targets_of(entry: Payload) -> list[Payload]:
    """Returns the resources that an activity is about."""
    return objects_in(from_json_text(entry.get("targetresources")))


def target_name(target: Any) -> str | None:
    """Names a resource: by its user principal name, its display name or its id."""
    return user_name(text_at(target, "userprincipalname"), text_at(target, "displayname"), text_at(target, "id"))


def target_type(target: Payload) -> str | None:
    """Returns the type of a resource."""
    return text_at(target, "type")


def first_of(targets: list[Payload], read: Callable[[Payload], str | None]) -> str | None:
    """Returns the first text that is read from resources."""
    for each in targets:
        if (text := read(each)) is not None:
            return text
    return None


def named_target(targets: list[Payload], *kinds: str) -> str | None:
    """Names the first resource of one of these types."""
    for each in targets:
        if (text_at(each, "type") or "").lower() in kinds and (name := target_name(each)) is not None:
            return name
    return None


def changes_of(targets: list[Payload]) -> dict[str, tuple[str | None, str | None]]:
    """Returns the changed properties by name: the value before and after."""
    # values come as JSON inside text: "\"Global Administrator\""
    return {
        name: (_plain(each.get("oldvalue")), _plain(each.get("newvalue")))
        for target in targets
        for each in objects_in(from_json_text(target.get("modifiedproperties")))
        if (name := text_at(each, "displayname"))
    }


def _plain(value: Any) -> str | None:
    decoded = from_json_text(value)
    if isinstance(decoded, list) and len(decoded) == 1:
        decoded = decoded[0]
    if isinstance(decoded, str):
        return decoded.strip() or None
    return value if isinstance(value, str) and value else None
