"""CloudTrail records from exports such as Athena's: keys in another case, and objects as JSON text."""

import json
from typing import Any, Final

from mcm_rules_engine.sources.source import Payload

_RECORD: Final = (
    "additionalEventData apiVersion awsRegion addendum errorCode errorMessage edgeDeviceDetails eventCategory eventID "
    "eventName eventSource eventTime eventType eventVersion insightDetails managementEvent readOnly recipientAccountId "
    "requestID requestParameters resources responseElements serviceEventDetails sessionCredentialFromConsole "
    "sharedEventID sourceIPAddress tlsDetails userAgent userIdentity vpcEndpointAccountId vpcEndpointId"
)
_WITHIN: Final = (
    "accessKeyId accountId arn attributes credentialId creationDate ec2RoleDelivery federatedProvider identityProvider "
    "identityStoreArn inScopeOf credentialsIssuedTo invokedBy issuerType mfaAuthenticated onBehalfOf principalId "
    "sessionContext sessionIssuer sourceIdentity userId userName webIdFederationData cipherSuite "
    "clientProvidedHostHeader tlsVersion insightType ConsoleLogin CheckMfa SwitchRole SwitchFrom MFAUsed LoginTo "
    "MobileVersion MFAIdentifier CredentialType UserName AuthenticationMethod SignatureVersion bytesTransferredIn "
    "bytesTransferredOut"
)
_SPELLINGS: Final = {name.lower(): name for name in f"{_RECORD} {_WITHIN}".split() if name != "UserName"}
_DEPTH: Final = 5
_ANY_KEYS: Final = ("requestParameters", "responseElements")
"""Parts whose keys are those of each operation; only the answer to a sign-in is known here."""


_OBJECTS: Final = (
    "userIdentity",
    "requestParameters",
    "responseElements",
    "additionalEventData",
    "serviceEventDetails",
    "insightDetails",
)
_MAX_JSON_TEXT: Final = 1024 * 1024


def as_recorded(payload: Payload) -> Payload:
    """Returns a record as CloudTrail writes it; one that is so already is returned as it is."""
    payload = respelled(payload)
    texts = {key: _decoded(key, payload[key]) for key in _OBJECTS if isinstance(payload.get(key), str)}
    return {**payload, **texts} if texts else payload


def _decoded(key: str, text: str) -> Any:
    if len(text) > _MAX_JSON_TEXT or not text.lstrip().startswith("{"):
        return text
    try:
        value: dict[str, Any] = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if key in _ANY_KEYS else _respelled(value, _DEPTH)


def respelled(payload: Payload) -> Payload:
    """Copies a record with the vendor's spelling of its keys; returns one that has them as it is.

    Keys within the parameters of a call stay as they are: their spelling differs by service.
    """
    if "eventName" in payload or not any(isinstance(key, str) and key.lower() == "eventname" for key in payload):
        return payload
    return _respelled(payload, _DEPTH)


def _respelled(part: dict[str, Any], depth: int) -> dict[str, Any]:
    copy: dict[str, Any] = {}
    for key, value in part.items():
        name = _SPELLINGS.get(key.lower(), key)
        within = isinstance(value, dict) and depth > 0 and (name not in _ANY_KEYS or _is_sign_in(value))
        copy.setdefault(name, _respelled(value, depth - 1) if within else value)
    return copy


def _is_sign_in(elements: dict[str, Any]) -> bool:
    return any(key.lower() == "consolelogin" for key in elements)
