"""Azure: one sign-in to Entra ID, as diagnostic settings, Microsoft Graph or Log Analytics write it."""

from collections.abc import Mapping
from typing import Any, Final

from mcm_rules_engine.sources.azure import address, first_time, flat_entry, from_json_text, log_of
from mcm_rules_engine.sources.identity import SERVICE, user_name
from mcm_rules_engine.sources.read import first_text, id_at, known, objects_in, other_type, text_at, value_at
from mcm_rules_engine.sources.source import Payload, Source
from mcm_shared.contracts.events import SourceEvent, event_uid
from mcm_shared.errors import PoisonEventError

NAME: Final = "azure.signin"

_CHALLENGES: Final = frozenset({"50072", "50074", "50076", "50079", "50158"})
"""The password was right, and a further factor is asked for or has to be registered."""

_MFA_FAILED: Final = "500121"

_INTERRUPTED: Final = frozenset(
    {
        "16000",
        "16001",
        "16003",
        "50058",
        "50097",
        "50125",
        "50127",
        "50129",
        "50140",
        "50143",
        "50144",
        "51006",
        "65001",
    }
)
"""The sign-in goes on with another step: a choice of account, of consent, or to stay signed in. No failure."""

_REASONS: Final = {
    "50034": "unknown_user",
    "50053": "locked_out",
    "50055": "password_expired",
    "50056": "bad_password",
    "50057": "account_disabled",
    "50126": "bad_password",
    "53000": "device_not_compliant",
    "53001": "device_not_joined",
    "53003": "conditional_access",
    "530032": "conditional_access",
    "530034": "conditional_access",
    "53004": "mfa_registration_at_risk",
    "7000215": "bad_client_secret",
    "7000222": "client_secret_expired",
}
"""Result codes of common failures, in the words of the fact ``reason``."""


def normalise(payload: Any, _fallback_id: str) -> SourceEvent:
    """Makes the event of a sign-in; one without an id of its own is named by its content."""
    if not isinstance(payload, dict):
        raise PoisonEventError(f"a sign-in of Entra ID must be a JSON object, not {type(payload).__name__}")
    entry = flat_entry(payload)
    if "operationname" not in entry and not {"userprincipalname", "appdisplayname", "status"} & entry.keys():
        raise PoisonEventError("operationName and userPrincipalName are missing: is this a sign-in of Entra ID?")
    timestamp = first_time(entry, "createddatetime", "time", "timegenerated")
    event_id = id_at(entry, "id", payload)
    facts = _facts(entry)
    person = _person(entry)
    user = person or _service(entry)
    if person is None and user is not None:
        facts["actor_type"] = SERVICE
    return SourceEvent(
        uid=event_uid(NAME, event_id),
        id=event_id,
        source=NAME,
        event_type=_event_type(entry, facts),
        user=user,
        timestamp=timestamp,
        raw_data=payload,
        attributes=facts,
    )


def result_code(entry: Payload) -> str | None:
    """Returns the result code of a sign-in as text, ``0`` for success; None when it says nothing."""
    code = value_at(from_json_text(entry.get("status")), "errorcode")
    if isinstance(code, int) and not isinstance(code, bool):
        return str(code)
    for key in ("resulttype", "result"):
        value = entry.get(key)
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else text_at(entry, key)
        if text is not None:
            return "0" if text.lower() in ("success", "succeeded") else text
    return None


def _event_type(entry: Payload, facts: dict[str, Any]) -> str:
    operation = text_at(entry, "operationname")
    code = facts.get("result_code")
    if operation is not None and operation.lower() not in ("sign-in activity", "sign-ins", "userloggedin"):
        return other_type(NAME, operation)
    detail = (text_at(from_json_text(entry.get("status")), "additionaldetails") or "").lower()
    denied = detail.startswith("mfa denied")
    if code == "0":
        return "login_success"
    if code == _MFA_FAILED or denied:
        facts["reason"] = "denied_by_user" if denied and "declined" in detail else facts.get("reason", "unknown")
        return "mfa_failed"
    if code in _CHALLENGES:
        return "mfa_challenge"
    if code is None or code in _INTERRUPTED:
        return other_type(NAME, "sign_in" if code is None else "interrupted")
    return "login_failed"


def _facts(entry: Payload) -> dict[str, Any]:
    code = result_code(entry)
    place = from_json_text(entry.get("locationdetails") or entry.get("location"))
    device = from_json_text(entry.get("devicedetail"))
    description = text_at(from_json_text(entry.get("status")), "failurereason") or text_at(entry, "resultdescription")
    requirement = text_at(entry, "authenticationrequirement")
    risk = first_text(text_at(entry, "risklevelduringsignin"), text_at(entry, "risklevelaggregated"))
    failed = code not in (None, "0")
    return known(
        {
            "ip": address(first_text(text_at(entry, "ipaddress"), text_at(entry, "calleripaddress"))),
            "user_agent": text_at(entry, "useragent"),
            "country": text_at(place, "countryorregion") or (place if isinstance(place, str) and place else None),
            "city": text_at(place, "city"),
            "result_code": code,
            "reason": (_REASONS.get(code or "") or description or "unknown") if failed else None,
            "method": _method(entry),
            "mfa": None if requirement is None else requirement.lower() == "multifactorauthentication",
            "application": first_text(text_at(entry, "appdisplayname"), text_at(entry, "appid")),
            "resource": text_at(entry, "resourcedisplayname"),
            "client": text_at(entry, "clientappused"),
            "protocol": text_at(entry, "authenticationprotocol"),
            "conditional_access": text_at(entry, "conditionalaccessstatus"),
            "risk": None if risk is None or risk.lower() in ("none", "hidden") else risk.lower(),
            "device": text_at(device, "deviceid"),
            "tenant": text_at(entry, "tenantid"),
        }
    )


def _method(entry: Payload) -> str | None:
    steps = objects_in(from_json_text(entry.get("authenticationdetails")))
    method = next((method for step in steps if (method := text_at(step, "authenticationmethod"))), None)
    return None if method is None else method.lower()


def _person(entry: Payload) -> str | None:
    return user_name(
        text_at(entry, "userprincipalname"),
        text_at(entry, "signinidentifier"),
        text_at(entry, "userdisplayname"),
        text_at(entry, "identity"),
    )


def _service(entry: Payload) -> str | None:
    return user_name(*(text_at(entry, key) for key in ("serviceprincipalname", "serviceprincipalid", "appdisplayname")))


def _rule_view(payload: Payload) -> Mapping[str, Any]:
    entry = flat_entry(payload)
    code = result_code(entry)
    status, place = from_json_text(entry.get("status")), from_json_text(entry.get("location"))
    country = text_at(from_json_text(entry.get("locationdetails")), "countryorregion")
    names = {
        "resulttype": code,
        "resultdescription": text_at(status, "failurereason"),
        "status": None if code is None else [status, "Success" if code == "0" else "Failure"],
        "location": [each for each in (place, text_at(place, "countryorregion") or country) if each],
        "clientapp": text_at(entry, "clientappused"),
        "username": text_at(entry, "userprincipalname"),
    }
    added = {key: value for key, value in names.items() if value is not None and not _is_text(entry.get(key))}
    decoded: Payload = {
        key: from_json_text(entry[key]) for key in ("devicedetail", "authenticationdetails") if key in entry
    }
    return {**entry, **decoded, **added, "properties": {**entry, **decoded, **added}}


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and value.lstrip()[:1] not in ("{", "[")


def _recognise(payload: Payload) -> bool:
    return log_of(payload) == NAME


SOURCE: Final = Source(
    name=NAME,
    log_source=("azure", "signinlogs"),
    payload="one sign-in to Entra ID, as diagnostic settings, Microsoft Graph or Log Analytics write it",
    normalise=normalise,
    recognise=_recognise,
    envelope="records",
    case_insensitive_keys=True,
    rule_view=_rule_view,
    route=log_of,
)
