"""People that work can be assigned to."""

from datetime import UTC, datetime

from mcm_api.access.parts import Access
from mcm_api.access.store.users import is_active_person
from mcm_api.http.problems import ProblemItem, invalid
from mcm_shared.db.engine import transaction


async def require_assignee(access: Access, name: str | None) -> None:
    """Raises ProblemError 422 for a name that no user has; any name will do while authentication is off."""
    if name is None or not access.required:
        return
    async with transaction(access.engine, read_only=True) as connection:
        if await is_active_person(connection, name, datetime.now(UTC)):
            return
    reason = f"There is no active user {name}; give the e-mail address of a user."
    raise invalid(reason, [ProblemItem(parameter="value", reason=reason)])
