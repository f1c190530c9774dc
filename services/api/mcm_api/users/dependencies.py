"""Dependencies of the routes of users."""

from typing import Annotated

from fastapi import Depends

from mcm_api.http.state import provided
from mcm_api.users.activity_cache import ActivityCache

ActivityCacheDep = Annotated[ActivityCache, Depends(provided(ActivityCache))]
"""Gives a route the cache of the activity of users."""
