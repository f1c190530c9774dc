"""Users who are still learning: those whose days no rule of unusual behaviour scores yet."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from mcm_api.identity.restriction import current_restriction
from mcm_api.rules.schemas import LearningUsers
from mcm_rules_engine import HISTORY, LEARNING_DAYS, LEARNING_EVENTS
from mcm_shared.db.profile_tables import PROFILE_DAYS


def is_of_behaviour(document: Mapping[str, Any]) -> bool:
    """Whether a Sigma document is a rule of unusual behaviour."""
    correlation = document.get("correlation")
    return isinstance(correlation, Mapping) and correlation.get("type") == "unusual_behaviour"


async def read_learning(connection: AsyncConnection, today: date) -> LearningUsers | None:
    """Counts the users of the last 60 days by whether they are learning; None where profiles may not be read."""
    if not current_restriction().is_none:
        return None
    columns = PROFILE_DAYS.c
    # an event with a time in the future must not make everyone else inactive
    last = (await connection.execute(select(func.max(columns.day)).where(columns.day <= today))).scalar_one()
    known = users = 0
    if last is not None:
        active = select(func.count(columns.day.distinct()).label("days"), func.sum(columns.events).label("events"))
        in_period = columns.day.between(last - HISTORY + timedelta(days=1), last)
        by_user = active.where(in_period).group_by(columns.user).subquery()
        enough = (by_user.c.days >= LEARNING_DAYS) & (by_user.c.events >= LEARNING_EVENTS)
        counts = select(func.count(), func.coalesce(func.sum(case((enough, 1), else_=0)), 0)).select_from(by_user)
        users, known = (await connection.execute(counts)).one()
    return LearningUsers(learning=users - known, known=known, needed_days=LEARNING_DAYS, needed_events=LEARNING_EVENTS)
