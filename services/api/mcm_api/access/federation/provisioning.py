"""Just-in-time provisioning: a provider's users are created at their first login, and their role follows it."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from mcm_api.access.audit.recorder import AuditRecorder
from mcm_api.access.roles import Role
from mcm_api.access.store.audit_log import append_entries, lock_chain
from mcm_api.access.store.users import StoredUser, change_user, end_sessions, find_user, insert_user, new_user
from mcm_shared.db.engine import AsyncConnection

_NAME_CLAIMS: Final = ("email", "preferred_username", "upn", "name")
_NAME: Final = re.compile(r"[^\s\x00]{1,254}")


def name_of(claims: Mapping[str, Any], subject: str) -> str:
    """Returns the name to show for a user: an address or login name without spaces, else the subject."""
    for claim in _NAME_CLAIMS:
        value = claims.get(claim)
        if isinstance(value, str) and _NAME.fullmatch(value) and value.isprintable():
            return value
    return subject


async def provision(
    connection: AsyncConnection, issuer: str, subject: str, name: str, role: Role | None, audit: AuditRecorder
) -> StoredUser | None:
    """Creates or updates the user of an issuer and subject, in the transaction of a login; None: no access.

    A role that differs from the stored one replaces it, and ends the user's sessions.
    """
    # logins take turns: of two first ones, one creates the user
    await lock_chain(connection)
    user = await find_user(connection, issuer, subject)
    granted = None if role is None else role.value
    if user is None:
        if granted is None:
            return None
        user = new_user(name, granted, issuer=issuer, subject=subject)
        await insert_user(connection, user)
        audit = replace(audit, actor=user.actor)
        await append_entries(connection, [audit.entry("user.create", user.actor, after=user.audited())])
        return user
    if (user.role, user.email) != (granted, name):
        changed = replace(user, role=granted, email=name)
        await change_user(connection, user.id, role=granted, email=name)
        if granted != user.role:
            await end_sessions(connection, user.id)
        audit = replace(audit, actor=changed.actor)
        entry = audit.entry("user.change", changed.actor, before=user.audited(), after=changed.audited())
        await append_entries(connection, [entry])
        user = changed
    return None if granted is None else user
