"""Azure's logs from an event hub, through its Kafka endpoint.

https://learn.microsoft.com/azure/event-hubs/azure-event-hubs-kafka-overview
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal

import structlog
from pydantic import Field, SecretStr

from mcm_ingestor.connectors.errors import SourceDownError
from mcm_ingestor.connectors.protocol import Connector, ConnectorType, Page, Permission, Position, SourceRecord
from mcm_ingestor.connectors.settings import SourceSettings
from mcm_shared.contracts.sources import AZURE_ACTIVITY, AZURE_AUDIT, AZURE_SIGNIN
from mcm_shared.errors import BrokerDownError, PositionGoneError
from mcm_shared.kafka.read_topic import read_ends
from mcm_shared.kafka.tail import read_between
from mcm_shared.settings import KafkaSettings

log = structlog.get_logger()

_LATENESS: Final = timedelta(minutes=20)
"""How long Azure may take to write an activity into the hub."""


class EventHubSettings(SourceSettings):
    """Which event hub is read; its diagnostic settings may send all logs of a tenant to it."""

    namespace: Annotated[
        str, Field(pattern=r"^[A-Za-z0-9.:,-]{1,200}$", description="example.servicebus.windows.net:9093")
    ]
    hub: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,200}$", description="Name of the event hub")]
    connection_string: Annotated[SecretStr | None, Field(description="Connection string with the right to listen")] = (
        None
    )
    protocol: Literal["SASL_SSL", "PLAINTEXT"] = "SASL_SSL"


class EventHub:
    """Reads every partition of a hub; a record is a delivery of ``{"records": […]}``."""

    pause_s: float | None = None

    def __init__(self, settings: EventHubSettings) -> None:
        self._hub = settings.hub
        self._kafka = KafkaSettings.model_construct(
            bootstrap_servers=settings.namespace,
            security_protocol=settings.protocol,
            sasl_mechanism="PLAIN",
            sasl_username="$ConnectionString",
            sasl_password=settings.connection_string,
            ssl_ca_file=None,
            topic_prefix="",
        )

    def start(self, start_at: datetime, until: datetime | None) -> Position:  # noqa: ARG002 (a hub keeps days only)
        """Returns the position before all that the hub still holds."""
        return {}

    async def pages(self, position: Position) -> AsyncIterator[Page]:
        """Reads up to the present end of each partition."""
        asked_at = datetime.now(UTC)
        try:
            begins, ends = await read_ends(self._kafka, self._hub)
            start = {place: position.get(str(place[1]), begin) for place, begin in begins.items()}
            for place, begin in begins.items():
                if start[place] < begin:
                    log.warning("events lost: the hub no longer holds them", hub=self._hub, partition=place[1])
                    start[place] = begin
                elif start[place] > ends[place]:
                    # created anew, or moved to another region: its numbers begin anew too
                    log.warning("hub read from its beginning: it is another one", hub=self._hub, partition=place[1])
                    start[place] = begin
            offsets = {str(partition): offset for (_, partition), offset in start.items()}
            async for records in read_between(self._kafka, start, ends):
                for record in records:
                    offsets[str(record.partition)] = record.offset + 1
                # the content of each entry says which of Azure's sources it is of
                yield Page([SourceRecord(record.value or b"", AZURE_ACTIVITY) for record in records], dict(offsets))
        except (BrokerDownError, PositionGoneError) as error:
            raise SourceDownError(f"the event hub cannot be read: {error}") from error
        yield Page([], dict(offsets), asked_at - _LATENESS)

    async def check(self) -> list[Permission]:
        """Reads the ends of the partitions."""
        try:
            begins, _ = await read_ends(self._kafka, self._hub)
        except BrokerDownError as error:
            raise SourceDownError(f"the event hub cannot be read: {error}") from error
        return [Permission(f"listen to {self._hub}", granted=bool(begins), detail="" if begins else "no such hub")]


@asynccontextmanager
async def _open(settings: EventHubSettings) -> AsyncIterator[Connector]:
    yield EventHub(settings)


CONNECTOR: Final = ConnectorType(
    name="azure.eventhub",
    feeds=(AZURE_ACTIVITY, AZURE_AUDIT, AZURE_SIGNIN),
    settings=EventHubSettings,
    open=_open,
    has_history=False,
)
