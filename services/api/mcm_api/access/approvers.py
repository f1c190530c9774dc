"""People who may approve what another person requests."""

from datetime import datetime

from mcm_api.access.roles import scopes_of
from mcm_api.access.store.users import list_users
from mcm_api.identity.scopes import Scope
from mcm_shared.db.engine import AsyncConnection


async def has_another_holder(connection: AsyncConnection, scope: Scope, name: str, now: datetime) -> bool:
    """Returns whether a person other than ``name`` holds a scope over all sources and has access now."""
    return any(
        user.kind == "person"
        and user.actor != name
        and user.is_active(now)
        and user.restriction.is_none
        and scope in scopes_of(user.role)
        for user in await list_users(connection)
    )
