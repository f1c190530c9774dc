"""Notifications that wait for a message, and the state of their routes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from mcm_notifier.notifications import Notification, RouteState
from mcm_notifier.store.rows import active_exceptions, notification_of, notifications_with_findings, unevaluated
from mcm_shared.db.bulk import among
from mcm_shared.db.engine import AsyncConnection, AsyncEngine, transaction
from mcm_shared.db.notification_tables import NOTIFICATION_MESSAGES, NOTIFICATION_ROUTES, NOTIFICATIONS
from mcm_shared.db.tables import FINDINGS

_NOTIFICATION: Final = NOTIFICATIONS.c
_ROUTE: Final = NOTIFICATION_ROUTES.c
_WAITING: Final = _NOTIFICATION.state == "waiting"
_HIDDEN: Final = _NOTIFICATION.state == text("'hidden'")


async def insert_routes(engine: AsyncEngine, names: Collection[str]) -> None:
    """Inserts the routes that have no state yet."""
    if not names:
        return
    async with transaction(engine) as connection:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        rows = [{"name": name} for name in sorted(names)]
        await connection.execute(dialect.insert(NOTIFICATION_ROUTES).on_conflict_do_nothing(), rows)


async def waiting_routes(engine: AsyncEngine) -> list[str]:
    """Lists the routes with waiting notifications."""
    query = select(_NOTIFICATION.route).where(_WAITING).distinct().order_by(_NOTIFICATION.route)
    async with transaction(engine, read_only=True) as connection:
        return list((await connection.execute(query)).scalars())


async def count_unsent(engine: AsyncEngine) -> Mapping[str, int]:
    """Counts the notifications of all routes that wait for a message, and those that are hidden."""
    waiting = select(func.count()).select_from(NOTIFICATIONS).where(_WAITING).scalar_subquery()
    hidden = select(func.count()).select_from(NOTIFICATIONS).where(_HIDDEN).scalar_subquery()
    async with transaction(engine, read_only=True) as connection:
        row = (await connection.execute(select(waiting, hidden))).one()
    return {"waiting": int(row[0]), "hidden": int(row[1])}


async def lock_route(connection: AsyncConnection, name: str) -> RouteState | None:
    """Locks a route for the transaction and reads its state; None when another process has it."""
    query = select(_ROUTE.sent_at, _ROUTE.storm_since, _ROUTE.digest_at).where(_ROUTE.name == name)
    row = (await connection.execute(query.with_for_update(skip_locked=True))).first()
    return None if row is None else RouteState(*row)


async def save_route(connection: AsyncConnection, name: str, state: RouteState) -> None:
    """Writes the state of a locked route."""
    await connection.execute(update(NOTIFICATION_ROUTES).where(_ROUTE.name == name).values(asdict(state)))


async def read_waiting(connection: AsyncConnection, route: str, limit: int, now: datetime) -> list[Notification]:
    """Reads the oldest waiting notifications of a route, with their findings and what suppresses them, or may do so."""
    active = await active_exceptions(connection, now)
    columns = (
        active.suppressed_by.label("suppressed_by"),
        (await unevaluated(connection, active)).label("unevaluated"),
    )
    query = notifications_with_findings().add_columns(*columns).where(_WAITING, _NOTIFICATION.route == route)
    rows = (await connection.execute(query.order_by(_NOTIFICATION.created_at, _NOTIFICATION.id).limit(limit))).all()
    return [notification_of(row) for row in rows]


async def oldest_waiting(connection: AsyncConnection, route: str) -> datetime | None:
    """Reads when the oldest waiting notification of a route came up."""
    query = select(func.min(_NOTIFICATION.created_at)).where(_WAITING, _NOTIFICATION.route == route)
    oldest: datetime | None = (await connection.execute(query)).scalar_one()
    return oldest


async def count_since(connection: AsyncConnection, route: str, since: datetime) -> int:
    """Counts the notifications of a route that came up since a time and were not left out."""
    counted = _NOTIFICATION.state.in_(("waiting", "in_message"))
    query = select(func.count()).where(_NOTIFICATION.route == route, _NOTIFICATION.created_at > since, counted)
    return int((await connection.execute(query)).scalar_one())


async def leave_out(connection: AsyncConnection, ids: Sequence[UUID], state: Literal["dropped", "hidden"]) -> None:
    """Marks notifications that are not sent: at all, or while their findings are hidden."""
    if ids:
        await connection.execute(
            update(NOTIFICATIONS).where(among(_NOTIFICATION.id, ids, connection)).values(state=state)
        )


async def resume_visible(engine: AsyncEngine, now: datetime) -> int:
    """Lets the notifications wait again whose findings are visible again; returns how many."""
    async with transaction(engine, read_only=True) as connection:
        active = await active_exceptions(connection, now)
        both = NOTIFICATIONS.join(FINDINGS, FINDINGS.c.uid == _NOTIFICATION.finding_uid)
        query = select(_NOTIFICATION.id).select_from(both).where(_HIDDEN, active.visible)
        ids = list((await connection.execute(query)).scalars())
    if not ids:
        return 0
    async with transaction(engine) as connection:
        # of two notifiers one resumes; the time is new, so that a route waits for a score and counts a storm as usual
        again = update(NOTIFICATIONS).where(among(_NOTIFICATION.id, ids, connection), _HIDDEN)
        return int((await connection.execute(again.values(state="waiting", created_at=now))).rowcount)


async def insert_message(connection: AsyncConnection, values: Mapping[str, object], ids: Sequence[UUID]) -> None:
    """Inserts a message to send, about these notifications."""
    await connection.execute(insert(NOTIFICATION_MESSAGES).values(**values))
    if ids:
        await connection.execute(
            update(NOTIFICATIONS)
            .where(among(_NOTIFICATION.id, ids, connection))
            .values(message_id=values["id"], state="in_message")
        )
