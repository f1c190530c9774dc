"""The settings that managed Kafka asks for, against a broker that asks for them: TLS and a login."""

from collections.abc import Iterator

import pytest

from mcm_shared.contracts.topics import Topics
from mcm_shared.errors import BrokerDownError
from mcm_shared.kafka.producer import connect_producer
from mcm_shared.kafka.records import Outgoing
from mcm_shared.kafka.topics_admin import ensure_topics
from mcm_shared.settings import KafkaSettings
from mcm_shared.testing.workers import Handler, a_worker, running, until
from tests.secure_kafka import MECHANISMS, PASSWORD, USER, SecureKafka


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
