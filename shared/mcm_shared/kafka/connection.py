"""Connections to Kafka: the same security, limits and isolation for every client."""

import asyncio
import importlib.util
from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager
from typing import Any, Final

from aiokafka.helpers import create_ssl_context

from mcm_shared.contracts.topics import MAX_MESSAGE_BYTES
from mcm_shared.errors import BrokerDownError, ConfigurationError
from mcm_shared.kafka.batches.message_set import BoundedConsumer
from mcm_shared.kafka.broker_errors import CLIENT_ERRORS
from mcm_shared.settings import KafkaSettings

_CANCELLED_WITHIN_S: Final = 0.5


def connection_options(kafka: KafkaSettings, client: str) -> dict[str, Any]:
    """Builds the options that consumers, producers and admin clients share.

    Raises ConfigurationError for a login without user or password, or a CA file that cannot be read.
    """
    _require_c_extensions()
    options: dict[str, Any] = {
        "bootstrap_servers": kafka.bootstrap_servers,
        "security_protocol": kafka.security_protocol,
        "client_id": client,
    }
    if kafka.security_protocol.endswith("SSL"):
        try:
            options["ssl_context"] = create_ssl_context(cafile=kafka.ssl_ca_file)
        except OSError as error:
            raise ConfigurationError(f"KAFKA_SSL_CA_FILE {kafka.ssl_ca_file} cannot be read: {error}") from None
    if kafka.security_protocol.startswith("SASL"):
        if not kafka.sasl_username or kafka.sasl_password is None:
            raise ConfigurationError(
                f"KAFKA_SECURITY_PROTOCOL={kafka.security_protocol} needs KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD"
            )
        options["sasl_mechanism"] = kafka.sasl_mechanism
        options["sasl_plain_username"] = kafka.sasl_username
        options["sasl_plain_password"] = kafka.sasl_password.get_secret_value()
    return options


def make_consumer(kafka: KafkaSettings, client: str, **options: Any) -> BoundedConsumer:
    """Makes a consumer that reads committed records only: none of open or aborted transactions.

    ``options`` are those of AIOKafkaConsumer. The end of a partition (``end_offsets``) is then its last stable offset.
    """
    return BoundedConsumer(
        **connection_options(kafka, client),
        enable_auto_commit=False,
        isolation_level="read_committed",
        fetch_max_bytes=MAX_MESSAGE_BYTES,
        **options,
    )


@asynccontextmanager
async def answering(kafka: KafkaSettings, within_s: float | None = None) -> AsyncGenerator[None, None]:
    """Raises BrokerDownError for errors of the client in the block, and when it takes longer than ``within_s``."""
    try:
        async with asyncio.timeout(within_s):
            yield
    except CLIENT_ERRORS as error:
        raise BrokerDownError(f"Kafka does not answer at {kafka.bootstrap_servers}: {error}") from error


async def end_within(job: Awaitable[object], seconds: float) -> None:
    """Awaits the end of a job, at most ``seconds``, and ignores its result and errors.

    For closing clients: while the broker is down they hang, fail, or end by cancelling themselves.
    """
    task = asyncio.ensure_future(job)
    await asyncio.wait([task], timeout=seconds)
    if not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=_CANCELLED_WITHIN_S)
    if task.done() and not task.cancelled():
        task.exception()


def _require_c_extensions() -> None:
    # without them reading a record costs thirteen times as much, without any sign of it
    if importlib.util.find_spec("aiokafka.record._crecords") is None:
        raise ConfigurationError("aiokafka was installed without its C extensions; install it from a wheel")
