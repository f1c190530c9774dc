"""Access analysis of AWS settings: is a bucket public, does a policy grant administration."""

import json
import re
from collections.abc import Iterator
from ipaddress import IPv4Network, ip_network
from typing import Any, Final
from urllib.parse import unquote

from mcm_rules_engine.sources.read import text_at, value_at

ADMIN: Final = "admin"

_ADMIN_POLICIES: Final = frozenset({"AdministratorAccess", "IAMFullAccess"})
_ADMIN_GROUPS: Final = frozenset({"admin", "admins", "administrator", "administrators"})
_ADMIN_ACTIONS: Final = frozenset({"*", "*:*", "iam:*"})
_PUBLIC_ACLS: Final = frozenset({"public-read", "public-read-write", "authenticated-read"})
_EVERYONE: Final = ("/groups/global/allusers", "/groups/global/authenticatedusers")
_BLOCK_SETTINGS: Final = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")

_CALLER_KEYS: Final = frozenset(
    {
        "aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths", "aws:sourceaccount",
        "aws:sourcearn", "aws:sourceip", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner", "aws:sourcevpc",
        "aws:sourcevpce", "aws:userid", "aws:username", "aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths",
        "s3:dataaccesspointaccount", "s3:dataaccesspointarn",
    }
)  # fmt: skip
"""Condition keys that restrict the caller; any caller can satisfy the others (transport, referer, user agent)."""

_FIXED_IDENTITY: Final = re.compile(r"[0-9]{12}|o-[a-z0-9]{10,32}|A(RO|ID)A[A-Z0-9]{8,}")


def acl_visibility(request: dict[str, Any]) -> str | None:
    """Evaluates an S3 call's access control list, canned or granted; None when the call carries none."""
    canned = [each.lower() for each in texts(request.get("x-amz-acl"))]
    headers = [
        text.lower() for key, value in request.items() if str(key).startswith("x-amz-grant-") for text in texts(value)
    ]
    grants = listed(value_at(request, "AccessControlPolicy", "AccessControlList", "Grant"))
    grantees = [uri.lower() for uri in (text_at(grant, "Grantee", "URI") for grant in grants) if uri is not None]
    if not canned and not headers and value_at(request, "AccessControlPolicy") is None:
        return None
    public = not _PUBLIC_ACLS.isdisjoint(canned) or any(
        everyone in text for everyone in _EVERYONE for text in (*headers, *grantees)
    )
    return "public" if public else "private"


def policy_visibility(policy: Any) -> str | None:
    """Evaluates a bucket policy: public when it allows everyone unconditionally; None when it cannot be read."""
    document = policy_document(policy)
    if document is None:
        return None
    return "public" if any(map(opens_to_everyone, allowing_statements(document))) else "private"


def unblocks_public_access(configuration: Any) -> bool | None:
    """Returns whether a public access block leaves one of its four settings off; None when it is not given."""
    if not isinstance(configuration, dict):
        return None
    return any(str(value_at(configuration, setting)).lower() != "true" for setting in _BLOCK_SETTINGS)


def managed_policy_role(policy_arn: Any) -> str | None:
    """Returns the role that a managed policy amounts to: ``admin``, or the policy's own name."""
    if not isinstance(policy_arn, str) or not policy_arn:
        return None
    name = policy_arn.rpartition("/")[2]
    return ADMIN if name in _ADMIN_POLICIES else name or None


def inline_policy_role(name: Any, policy: Any) -> str | None:
    """Returns the role that an inline policy amounts to: ``admin``, or the policy's own name."""
    document = policy_document(policy)
    if document is not None and any(_allows_everything(each) for each in listed(document.get("Statement"))):
        return ADMIN
    return name if isinstance(name, str) and name else None


def group_role(name: Any) -> str | None:
    """Returns the role of a group: ``admin`` for a group of that name, else the group's own name."""
    if not isinstance(name, str) or not name:
        return None
    return ADMIN if name.lower() in _ADMIN_GROUPS else name


def policy_document(policy: Any) -> dict[str, Any] | None:
    """Decodes a policy, an object or its JSON text, URL-encoded or not; None for anything else."""
    if isinstance(policy, str):
        try:
            policy = json.loads(unquote(policy) if policy.lstrip().startswith("%7B") else policy)
        except (ValueError, RecursionError):
            return None
    return policy if isinstance(policy, dict) else None


def allowing_statements(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns the statements of a policy that allow something."""
    return [one for one in listed(document.get("Statement")) if isinstance(one, dict) and one.get("Effect") == "Allow"]


def opens_to_everyone(statement: dict[str, Any]) -> bool:
    """Returns whether a statement that allows something allows it to any caller."""
    principal = statement.get("Principal")
    everyone = (
        "NotPrincipal" in statement
        or principal == "*"
        or (isinstance(principal, dict) and any("*" in texts(value) for value in principal.values()))
    )
    return everyone and not any(caller_conditions(statement.get("Condition")))


def caller_conditions(condition: Any) -> Iterator[list[str]]:
    """Yields the values of each test of a condition that only known callers pass."""
    if not isinstance(condition, dict):
        return
    for operator, keys in condition.items():
        words = str(operator).lower()
        # a negated test admits everyone else; an optional one, or ForAllValues, callers that do not send the key
        if not isinstance(keys, dict) or any(word in words for word in ("not", "ifexists", "forallvalues", "null")):
            continue
        for key, value in keys.items():
            values = texts(value)
            if (
                str(key).lower() in _CALLER_KEYS
                and values
                and all(_is_narrow(str(key).lower(), each) for each in values)
            ):
                yield values


def _is_narrow(key: str, value: str) -> bool:
    if key == "aws:sourceip":
        try:
            network = ip_network(value, strict=False)
        except ValueError:
            return False
        return network.prefixlen >= (8 if isinstance(network, IPv4Network) else 32)
    fixed = re.split(r"[*?]|\$\{", value, maxsplit=1)[0]
    return fixed == value or _FIXED_IDENTITY.search(fixed) is not None


def _allows_everything(statement: Any) -> bool:
    return (
        isinstance(statement, dict)
        and statement.get("Effect") == "Allow"
        and not _ADMIN_ACTIONS.isdisjoint(action.lower() for action in texts(statement.get("Action")))
        and "*" in texts(statement.get("Resource"))
        and not statement.get("Condition")
    )


def texts(value: Any) -> list[str]:
    """Returns the texts of a value that may be one or a list of them."""
    return [each for each in listed(value) if isinstance(each, str)]


def listed(value: Any) -> list[Any]:
    """Returns a value as a list, which it may be already; none for null."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
