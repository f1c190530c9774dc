"""Dependencies of the routes of health."""

from typing import Annotated

from fastapi import Depends

from mcm_api.http.state import provided
from mcm_api.resources.readiness import Readiness

ReadinessDep = Annotated[Readiness, Depends(provided(Readiness))]
"""Gives a route the readiness checks."""
