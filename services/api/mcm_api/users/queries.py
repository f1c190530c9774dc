"""Reading what users did."""

from mcm_api.queries import Reader
from mcm_api.users.schemas import UserActivity, UserFilter, UserPage


async def list_page(reader: Reader, wanted: UserFilter) -> UserPage:
    """Reads a page of users."""
    raise NotImplementedError


async def read_activity(reader: Reader, user: str) -> UserActivity | None:
    """Reads what a user did; None for one whom no event names."""
    raise NotImplementedError
