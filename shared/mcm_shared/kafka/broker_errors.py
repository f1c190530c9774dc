"""Errors of Kafka's client and brokers: which of them there are, and which concern a message itself.

All others may pass, whatever they say, and are retried: a broker that is down, full, misconfigured or in a failover.
"""

from typing import Final

from aiokafka.errors import (
    BrokerResponseError,
    ConsumerStoppedError,
    IllegalOperation,
    InvalidTimestampError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    RecordTooLargeError,
    kafka_errors,
)


class InvalidRecordError(BrokerResponseError):  # type: ignore[misc]
    """The broker refuses a record, such as one without a key in a compacted topic."""

    errno = 87
    message = "INVALID_RECORD"
    description = "The broker refuses the record."


# aiokafka does not know this code, and would take it for an unknown error of the broker, which may pass
kafka_errors[InvalidRecordError.errno] = InvalidRecordError

CLIENT_ERRORS: Final = (KafkaError, ConsumerStoppedError, IllegalOperation, OSError, TimeoutError)
"""All that the client raises when Kafka does not do what it is asked for."""

REFUSALS: Final[dict[type[BaseException], str]] = {
    MessageSizeTooLargeError: "as too large",
    RecordListTooLargeError: "as too large",
    RecordTooLargeError: "as too large",
    InvalidTimestampError: "for its timestamp",
    InvalidRecordError: "as invalid",
}
"""The only errors that concern a message."""
