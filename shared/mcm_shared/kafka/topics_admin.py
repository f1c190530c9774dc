"""Topic administration: creates missing topics at start, and ACLs where services have principals."""

import asyncio
from typing import Any, Final

import structlog
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    InvalidConfigurationError,
    InvalidPartitionsError,
    InvalidReplicationAssignmentError,
    InvalidReplicationFactorError,
    InvalidTopicError,
    PolicyViolationError,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
    for_code,
)

from mcm_shared.cli import run_single_command
from mcm_shared.contracts.topics import MAX_DEAD_LETTER_BYTES, MAX_MESSAGE_BYTES, Topics
from mcm_shared.errors import BrokerDownError, ConfigurationError
from mcm_shared.kafka.acls import AclSettings, create_acls, parse_principals
from mcm_shared.kafka.connection import answering, connection_options, end_within
from mcm_shared.logs import configure_logs
from mcm_shared.settings import KafkaSettings, load_settings

log = structlog.get_logger()

_TIMEOUT_S: Final = 15
_CLOSE_TIMEOUT_S: Final = 2
_DAY_MS: Final = 24 * 60 * 60 * 1000
# what a person must change; every other error of the broker may pass by itself
_WRONG_SETTINGS: Final = (
    ClusterAuthorizationFailedError,
    InvalidConfigurationError,
    InvalidPartitionsError,
    InvalidReplicationAssignmentError,
    InvalidReplicationFactorError,
    InvalidTopicError,
    PolicyViolationError,
    TopicAuthorizationFailedError,
)


async def ensure_topics(kafka: KafkaSettings) -> None:
    """Creates the product's missing topics; leaves existing ones unchanged.

    Raises BrokerDownError when Kafka does not answer, ConfigurationError when it refuses to make a topic.
    """
    requested = _topics_of(kafka)
    client = AIOKafkaAdminClient(**connection_options(kafka, "mcm-admin"), request_timeout_ms=_TIMEOUT_S * 1000)
    try:
        async with answering(kafka, _TIMEOUT_S):
            await client.start()
            there = set(await client.list_topics())
            missing = [topic for topic in requested if topic.name not in there]
            if missing:
                _check(await client.create_topics(missing))
    finally:
        await end_within(client.close(), _CLOSE_TIMEOUT_S)


async def wait_for_topics(kafka: KafkaSettings) -> None:
    """Waits until Kafka is reachable and has the product's topics; creates missing ones."""
    said = False
    while True:
        try:
            await ensure_topics(kafka)
        except BrokerDownError as error:
            if not said:
                log.warning("waiting for Kafka", reason=str(error))
                said = True
            await asyncio.sleep(1)
        else:
            return


def main() -> None:
    """Runs the ``mcm-topics`` command."""
    description = "Creates the missing topics and the ACLs of services, once Kafka answers."
    run_single_command("mcm-topics", description, _make_topics, "mcm-shared")


async def _make_topics() -> None:
    configure_logs("topics")
    kafka, acls = load_settings(KafkaSettings), load_settings(AclSettings)
    await wait_for_topics(kafka)
    log.info("topics ready", prefix=kafka.topic_prefix or None)
    principals = parse_principals(acls.principals)
    if principals:
        await create_acls(kafka, principals)


def _topics_of(kafka: KafkaSettings) -> list[NewTopic]:
    topics = Topics(kafka.topic_prefix)
    configs = {
        # the broker's own clock stamps the events, so that "24 h ahead" does not trust the sender's twice
        topics.raw: {"message.timestamp.type": "LogAppendTime", "max.message.bytes": str(MAX_MESSAGE_BYTES)},
        topics.dead: {"max.message.bytes": str(MAX_DEAD_LETTER_BYTES), "retention.ms": str(30 * _DAY_MS)},
        topics.findings: {"max.message.bytes": str(MAX_MESSAGE_BYTES)},
        topics.enriched: {"max.message.bytes": str(MAX_MESSAGE_BYTES)},
        topics.triaged: {"max.message.bytes": str(MAX_MESSAGE_BYTES)},
        # what was published must not be forgotten: a few bytes for each second with a change
        topics.audit: {"retention.ms": "-1", "retention.bytes": "-1"},
    }
    return [
        NewTopic(
            name,
            kafka.topic_partitions,
            kafka.topic_replication,
            # aiokafka takes -1, the broker's default, only beside an assignment, be it an empty one
            replica_assignments={} if kafka.topic_replication == -1 else None,
            topic_configs=config,
        )
        for name, config in configs.items()
    ]


def _check(response: Any) -> None:
    for name, code, *message in response.topic_errors:
        # another service may have made it since we looked
        if code and for_code(code) is not TopicAlreadyExistsError:
            why = next((text for text in message if text), for_code(code).__name__)
            if for_code(code) in _WRONG_SETTINGS:
                raise ConfigurationError(f"Kafka refuses to make the topic {name}: {why}")
            raise BrokerDownError(f"Kafka cannot make the topic {name} yet: {why}")
