"""Keys of CloudTrail records that an export wrote in another case: ``eventname`` is read as ``eventName``."""

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
