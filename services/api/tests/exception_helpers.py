"""Exceptions for tests, straight in the database."""

from datetime import datetime, timedelta
from typing import Any

from mcm_shared.contracts.exceptions import ExceptionActionKind
from mcm_shared.db.engine import transaction
from mcm_shared.db.exceptions import append_exception_action, insert_exception
from mcm_shared.testing.builders import NOON
from mcm_shared.testing.rows import Rows

DAY = timedelta(days=1)
MONA = "mona@example.com"
FROM_MONA = {"user": [MONA]}
REASON = "The backup job signs in from the new data centre."


def requested(matcher: Any = FROM_MONA, **changes: Any) -> dict[str, Any]:
    """Makes the body of a request for an exception."""
    return {
        "matcher": matcher,
        "owner": MONA,
        "reason": REASON,
        "starts_at": (NOON - DAY).isoformat(),
        "expires_at": (NOON + 30 * DAY).isoformat(),
        **changes,
    }


async def exception(
    rows: Rows, matcher: Any, starts_at: datetime, expires_at: datetime, *, approved: bool = True
) -> int:
    """Stores an exception and returns its number."""
    values = {
        "matcher": matcher,
        "owner": "mona@example.com",
        "reason": REASON,
        "starts_at": starts_at,
        "expires_at": expires_at,
        "requester": "ada@example.com",
        "created_at": starts_at,
    }
    async with transaction(rows.engine) as connection:
        number = await insert_exception(connection, values)
        if approved:
            await append_exception_action(
                connection, number, ExceptionActionKind.APPROVE, "mona@example.com", None, starts_at
            )
    return number
