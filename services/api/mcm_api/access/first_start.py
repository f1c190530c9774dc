"""First start: creates the first administrator from settings, or offers a setup link while there are no users."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import structlog

from mcm_api.access.audit.entry import AuditEntry, canonical
from mcm_api.access.passwords import check_password, hash_password
from mcm_api.access.secret_values import new_secret
from mcm_api.access.store.audit_log import append_entries, lock_chain
from mcm_api.access.store.setup_links import delete_links, insert_link, is_valid_link
from mcm_api.access.store.users import StoredUser, count_users, insert_user, new_user
from mcm_shared.db.engine import AsyncConnection, AsyncEngine, transaction
from mcm_shared.db.migrate import wait_for_schema
from mcm_shared.errors import ConfigurationError, McmError

log = structlog.get_logger()

VALID: Final = timedelta(hours=24)

_RETRY_S: Final = 5.0


@dataclass(slots=True)
class FirstStart:
    """What the first start needs; ``base_url`` is the URL that the setup link begins with."""

    engine: AsyncEngine
    base_url: str
    bootstrap_email: str | None = None
    bootstrap_password_file: Path | None = None

    async def offer_setup(self) -> None:
        """Creates the first administrator or offers a setup link, a new one when it has expired; until cancelled."""
        while True:
            try:
                await wait_for_schema(self.engine)
                if not await self._first_user_is_missing():
                    return
                if self.bootstrap_email is not None and self.bootstrap_password_file is not None:
                    await self._bootstrap(self.bootstrap_email, self.bootstrap_password_file)
                    return
                await self._offer_link()
                await asyncio.sleep(VALID.total_seconds())
            except ConfigurationError as error:
                log.error("the first administrator was not created", reason=str(error))  # noqa: TRY400
                return
            except McmError as error:
                log.warning("the setup link is waiting for the database", reason=str(error))
                await asyncio.sleep(_RETRY_S)

    async def _first_user_is_missing(self) -> bool:
        async with transaction(self.engine, read_only=True) as connection:
            return await count_users(connection) == 0

    async def new_link(self) -> str | None:
        """Makes a setup link; None when there are users already."""
        secret = new_secret()
        async with transaction(self.engine) as connection:
            if await count_users(connection):
                return None
            await insert_link(connection, secret, datetime.now(UTC) + VALID)
        # after "#" it stays in the browser: no proxy logs it
        return f"{self.base_url}/app/setup#token={secret}"

    async def _offer_link(self) -> None:
        link = await self.new_link()
        if link is None:
            return
        log.warning(
            "there are no users yet: open this link to create the first administrator; it works once, within 24 hours",
            url=link,
        )

    async def _bootstrap(self, email: str, file: Path) -> None:
        try:
            password = (await asyncio.to_thread(file.read_text)).rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"MCM_BOOTSTRAP_PASSWORD_FILE {file} cannot be read: {error}") from None
        reason = check_password(password, [email])
        if reason is not None:
            raise ConfigurationError(f"the password in MCM_BOOTSTRAP_PASSWORD_FILE {reason}")
        user = new_user(email, "admin", password_hash=await hash_password(password))
        if await create_first_user(self.engine, user, "command"):
            log.info("the first administrator was created; the password file is not read again", email=email)


async def create_first_user(engine: AsyncEngine, user: StoredUser, via: str) -> bool:
    """Creates the first user; False when there is one already, whatever happens at the same time."""
    async with transaction(engine) as connection:
        if not await _is_first(connection):
            return False
        await _insert_first(connection, user, user.email, via, "")
    return True


async def claim_setup_link(connection: AsyncConnection, secret: str, user: StoredUser, request_id: str) -> bool:
    """Creates the first user for the holder of a setup link, in a transaction; False for a link that is not valid."""
    if not await _is_first(connection) or not await is_valid_link(connection, secret):
        return False
    await _insert_first(connection, user, user.email, "none", request_id)
    return True


async def _is_first(connection: AsyncConnection) -> bool:
    # of concurrent claims each waits here for the one before, and then sees its user
    await lock_chain(connection)
    return await count_users(connection) == 0


async def _insert_first(connection: AsyncConnection, user: StoredUser, actor: str, via: str, request_id: str) -> None:
    await insert_user(connection, user)
    await delete_links(connection)
    after = canonical(user.audited())
    entry = AuditEntry(datetime.now(UTC), actor, via, "user.create", user.email, None, after, request_id)
    await append_entries(connection, [entry])
