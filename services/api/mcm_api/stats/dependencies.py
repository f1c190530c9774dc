"""Dependencies of the routes of statistics."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from mcm_api.http.state import provided


@dataclass(frozen=True, slots=True)
class DailyTokenBudget:
    """The tokens that models may use in a day; None: unlimited."""

    tokens: int | None


TokenBudgetDep = Annotated[DailyTokenBudget, Depends(provided(DailyTokenBudget))]
"""Gives a route the daily token budget."""
