"""Access grants of a CloudTrail call: whom its policies and parameters let in from outside its own account."""

import re
from collections.abc import Iterator, Set
from typing import Any, Final

from mcm_rules_engine.sources.aws_access import (
    allowing_statements,
    caller_conditions,
    listed,
    opens_to_everyone,
    policy_document,
    texts,
)
from mcm_rules_engine.sources.aws_keys import as_recorded
from mcm_rules_engine.sources.aws_request import request_of
from mcm_rules_engine.sources.read import text_at
from mcm_rules_engine.sources.source import Payload

_ACCOUNT: Final = re.compile(r"(?:arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:)?([0-9]{12})(?::.*)?")
_MAX_DEPTH: Final = 5
_PARAMETERS: Final = frozenset({"principal", "granteeprincipal", "awsaccountid", "awsaccountids"})
"""Parameters that name whom a call lets in without a policy, in lower case."""

_NARROWING: Final = frozenset({"condition", "organizationid", "principalorgid", "sourceaccount"})
_WITH_PARAMETERS: Final = ("AddPermission", "AddLayerVersionPermission", "AddProfilePermission", "CreateGrant")
_ALSO_WITH_PARAMETERS: Final = frozenset({"PutPermission"})


def grants(payload: Payload) -> dict[str, Any]:
    """Lists the ``accounts`` beside its own that a call grants access, and whether it grants ``everyone`` access.

    Both are left out where they are not granted. An account that takes part only in a statement that denies is not
    granted anything, and everyone is not who a condition restricts to known callers: the accounts that the condition
    names are granted access then.
    """
    payload = as_recorded(payload)
    if payload.get("readOnly") is True:
        return {}
    request = request_of(payload)
    own = text_at(payload, "recipientAccountId") or text_at(payload, "userIdentity", "accountId")
    accounts: set[str] = set()
    everyone = False
    for document in _policies(request, _MAX_DEPTH):
        for statement in allowing_statements(document):
            accounts |= _accounts(statement)
            everyone = everyone or opens_to_everyone(statement)
    name = text_at(payload, "eventName") or ""
    if name.startswith(_WITH_PARAMETERS) or name in _ALSO_WITH_PARAMETERS:
        named, public = _in_parameters(request)
        accounts |= named
        everyone = everyone or public
    found: dict[str, Any] = {"everyone": True} if everyone else {}
    outside = sorted(accounts - {own})
    return {**found, "accounts": outside} if outside else found


def _policies(node: Any, depth: int) -> Iterator[dict[str, Any]]:
    if isinstance(node, str):
        if "Statement" in node and (document := policy_document(node)) is not None:
            yield from _policies(document, 1)
    elif isinstance(node, dict):
        if "Statement" in node:
            yield node
        elif depth > 0:
            for value in node.values():
                yield from _policies(value, depth - 1)
    elif isinstance(node, list) and depth > 0:
        for value in node:
            yield from _policies(value, depth - 1)


def _accounts(statement: dict[str, Any]) -> Set[str]:
    principal = statement.get("Principal")
    named = [text for value in principal.values() for text in texts(value)] if isinstance(principal, dict) else []
    if "*" in (*named, principal):
        named += [text for values in caller_conditions(statement.get("Condition")) for text in values]
    return _account_numbers(named)


def _in_parameters(request: dict[str, Any]) -> tuple[Set[str], bool]:
    named = [text for key, value in request.items() if str(key).lower() in _PARAMETERS for text in texts(listed(value))]
    narrowed = any(str(key).lower() in _NARROWING and value for key, value in request.items())
    return _account_numbers(named), "*" in named and not narrowed


def _account_numbers(principals: list[str]) -> Set[str]:
    return {match[1] for text in principals if (match := _ACCOUNT.fullmatch(text)) is not None}
