"""The settings that managed Kafka asks for, against a broker that asks for them: TLS and a login."""

import asyncio
from collections.abc import Iterator

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError

from mcm_shared.contracts.topics import Topics
from mcm_shared.errors import BrokerDownError, ConfigurationError, MessageRefusedError
from mcm_shared.kafka.acls import RIGHTS, create_acls, parse_principals
from mcm_shared.kafka.committed_offsets import read_committed_offsets
from mcm_shared.kafka.connection import connection_options
from mcm_shared.kafka.producer import connect_producer
from mcm_shared.kafka.records import Outgoing
from mcm_shared.kafka.topics_admin import ensure_topics
from mcm_shared.settings import KafkaSettings
from mcm_shared.testing.waiting import until
from mcm_shared.testing.workers import Handler, a_worker, running
from tests.secure_kafka import MECHANISMS, PASSWORD, SERVICE_USERS, USER, SecureKafka


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureKafka]:
    """A broker that takes logins over TLS."""
    broker = SecureKafka(tmp_path_factory.mktemp("secure-kafka"))
    broker.start()
    broker.add_user()
    yield broker
    broker.kill()


def login(broker: SecureKafka, mechanism: str, **others: str) -> KafkaSettings:
    settings = {
        "KAFKA_BOOTSTRAP_SERVERS": broker.secure_servers,
        "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "KAFKA_SASL_MECHANISM": mechanism,
        "KAFKA_SASL_USERNAME": USER,
        "KAFKA_SASL_PASSWORD": PASSWORD,
        "KAFKA_SSL_CA_FILE": str(broker.ca_file),
        "MCM_TOPIC_PREFIX": f"{mechanism.lower()}-",
    }
    return KafkaSettings.model_validate({**settings, **others})


@pytest.mark.parametrize("mechanism", MECHANISMS)
async def test_topics_are_made_records_sent_read_and_committed(broker: SecureKafka, mechanism: str) -> None:
    kafka = login(broker, mechanism)
    topics = Topics(kafka.topic_prefix)
    handler = Handler(topics)

    await ensure_topics(kafka)
    async with connect_producer(kafka) as producer:
        await producer.send([Outgoing(topics.raw, b"over TLS")])
    async with running(a_worker(kafka, handler)):
        await until(lambda: handler.handled == [b"over TLS"], 60)


async def test_a_wrong_password_gets_nowhere(broker: SecureKafka) -> None:
    with pytest.raises(BrokerDownError) as raised:
        await ensure_topics(login(broker, "SCRAM-SHA-512", KAFKA_SASL_PASSWORD="wrong"))

    assert "wrong" not in str(raised.value)


async def test_a_broker_of_an_unknown_authority_gets_no_password(broker: SecureKafka) -> None:
    # without a file the system's authorities count, and the broker's is none of them
    with pytest.raises(BrokerDownError):
        await ensure_topics(login(broker, "PLAIN", KAFKA_SSL_CA_FILE=""))


def as_service(broker: SecureKafka, service: str) -> KafkaSettings:
    return login(broker, "PLAIN", KAFKA_SASL_USERNAME=SERVICE_USERS[service], MCM_TOPIC_PREFIX="acls-")


async def may_write(kafka: KafkaSettings, topic: str) -> bool:
    try:
        async with connect_producer(kafka) as producer:
            await producer.send([Outgoing(topic, b"x")])
    except (BrokerDownError, ConfigurationError, MessageRefusedError):
        return False
    return True


async def may_read(kafka: KafkaSettings, topic: str) -> bool:
    async with AIOKafkaConsumer(**connection_options(kafka, "test"), auto_offset_reset="earliest") as consumer:
        consumer.assign([TopicPartition(topic, 0)])
        try:
            await asyncio.wait_for(consumer.getone(), 60)
        except TopicAuthorizationFailedError:
            return False
    return True


async def test_each_service_may_do_its_work_and_nothing_more(broker: SecureKafka) -> None:
    admin = login(broker, "PLAIN", MCM_TOPIC_PREFIX="acls-", MCM_TOPIC_PARTITIONS="1")
    topics = Topics(admin.topic_prefix)
    await ensure_topics(admin)
    await create_acls(admin, parse_principals(",".join(f"{service}={user}" for service, user in SERVICE_USERS.items())))
    names = ("raw", "dead", "findings", "enriched", "triaged", "audit")
    async with connect_producer(admin) as producer:
        await producer.send([Outgoing(getattr(topics, name), b"first") for name in names])

    for service, rights in RIGHTS.items():
        kafka = as_service(broker, service)
        await ensure_topics(kafka)
        readable = {name for name in names if await may_read(kafka, getattr(topics, name))}
        writable = {name for name in names if await may_write(kafka, getattr(topics, name))}
        assert (service, readable, writable) == (service, set(rights.reads), set(rights.writes))
        for group in (*rights.joins, *rights.describes):
            await read_committed_offsets(kafka, topics.group(group), topics.raw)
    with pytest.raises((BrokerDownError, GroupAuthorizationFailedError)):
        await read_committed_offsets(as_service(broker, "api"), topics.group("others"), topics.raw)


async def test_without_an_authorizer_the_acls_are_refused_with_what_to_change(kafka: KafkaSettings) -> None:
    with pytest.raises(ConfigurationError, match="give it an authorizer"):
        await create_acls(kafka, {"api": "User:api"})


@pytest.mark.parametrize("text", ["apy=User:x", "api", "api=", "api=User:a b"])
def test_principals_of_what_is_no_service_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no service|is no principal"):
        parse_principals(text)
