"""OCSF's classes and activities by number, as its schema names them."""

import re
from typing import Final

_NOT_A_WORD: Final = re.compile(r"[^a-z0-9]+")
_CHANGES: Final = {1: "create", 2: "read", 3: "update", 4: "delete"}

ACCOUNT_CHANGE: Final = 3001
AUTHENTICATION: Final = 3002
USER_ACCESS: Final = 3005
GROUP_MANAGEMENT: Final = 3006
API_ACTIVITY: Final = 6003
FILE_HOSTING: Final = 6006

CLASSES: Final[dict[int, str]] = {
    1001: "file_activity",
    1007: "process_activity",
    2001: "security_finding",
    2002: "vulnerability_finding",
    2003: "compliance_finding",
    2004: "detection_finding",
    2005: "incident_finding",
    2006: "data_security_finding",
    ACCOUNT_CHANGE: "account_change",
    AUTHENTICATION: "authentication",
    3003: "authorize_session",
    3004: "entity_management",
    USER_ACCESS: "user_access",
    GROUP_MANAGEMENT: "group_management",
    4001: "network_activity",
    4002: "http_activity",
    4003: "dns_activity",
    6001: "web_resources_activity",
    6002: "application_lifecycle",
    API_ACTIVITY: "api_activity",
    6004: "web_resource_access_activity",
    6005: "datastore_activity",
    FILE_HOSTING: "file_hosting",
    6007: "scan_activity",
}
"""Names of classes; of any other class the event's own ``class_name`` counts."""

ACTIVITIES: Final[dict[int, dict[int, str]]] = {
    ACCOUNT_CHANGE: {
        1: "create",
        2: "enable",
        3: "password_change",
        4: "password_reset",
        5: "disable",
        6: "delete",
        7: "attach_policy",
        8: "detach_policy",
        9: "lock",
        10: "mfa_factor_enable",
        11: "mfa_factor_disable",
        12: "unlock",
    },
    AUTHENTICATION: {
        1: "logon",
        2: "logoff",
        3: "authentication_ticket",
        4: "service_ticket_request",
        5: "service_ticket_renew",
        6: "preauth",
        7: "account_switch",
    },
    3003: {1: "assign_privileges", 2: "assign_groups"},
    3004: {**_CHANGES, 5: "move", 6: "enroll", 7: "unenroll", 8: "enable", 9: "disable", 10: "activate"},
    USER_ACCESS: {1: "assign_privileges", 2: "revoke_privileges"},
    GROUP_MANAGEMENT: {
        1: "assign_privileges",
        2: "revoke_privileges",
        3: "add_user",
        4: "remove_user",
        5: "delete",
        6: "create",
        7: "add_subgroup",
        8: "remove_subgroup",
    },
    API_ACTIVITY: _CHANGES,
    FILE_HOSTING: {
        1: "upload",
        2: "download",
        3: "update",
        4: "delete",
        5: "rename",
        6: "copy",
        7: "move",
        8: "restore",
        9: "preview",
        10: "lock",
        11: "unlock",
        12: "share",
        13: "unshare",
        14: "open",
        15: "sync",
        16: "unsync",
        17: "access_check",
    },
}
"""Names of activities by class; 0 is unknown and 99 is named by the event itself."""


def snake(name: str | None) -> str | None:
    """Writes a caption for an event type: "Account Change" becomes ``account_change``."""
    return None if name is None else _NOT_A_WORD.sub("_", name.lower()).strip("_") or None
