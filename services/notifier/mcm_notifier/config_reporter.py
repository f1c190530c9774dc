"""Reporter of the configuration: shows the API which channels and routes there are, and that a notifier runs."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import structlog

from mcm_shared.contracts.notifications import NotifierConfig
from mcm_shared.db.engine import AsyncEngine, transaction
from mcm_shared.db.notifications import touch_notifier_config, write_notifier_config
from mcm_shared.errors import McmError

log = structlog.get_logger()

_TOUCH_S: Final = 10.0
_RETRY_S: Final = 1.0


class ConfigReporter:
    """Writes the configuration at the start, and the time from then on."""

    def __init__(
        self, engine: AsyncEngine, config: NotifierConfig, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._engine = engine
        self._config = config
        self._now = now
        self._written = False

    async def run(self) -> None:
        """Reports until cancelled; waits for the database while it is down."""
        while True:
            try:
                await self.report()
            except McmError as error:
                log.warning("configuration not reported, retrying", reason=str(error))
                await asyncio.sleep(_RETRY_S)
            else:
                await asyncio.sleep(_TOUCH_S)

    async def report(self) -> None:
        """Writes the configuration, and later only the time: the notifier that started last is shown."""
        async with transaction(self._engine) as connection:
            if self._written:
                await touch_notifier_config(connection, self._now())
            else:
                await write_notifier_config(connection, self._config, self._now())
        self._written = True
