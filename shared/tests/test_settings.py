"""Settings from the environment: what is wrong is said by the name of the variable, and no value is shown."""

import pytest

from mcm_shared.errors import ConfigurationError
from mcm_shared.kafka.connection import connection_options
from mcm_shared.settings import DatabaseSettings, KafkaSettings, LogSettings, MetricsSettings, load_settings


def wrong(settings: type[DatabaseSettings | KafkaSettings | LogSettings | MetricsSettings]) -> list[str]:
    with pytest.raises(ConfigurationError) as refused:
        load_settings(settings)
    first, *others = str(refused.value).split("\n  ")
    assert first == "Wrong settings in the environment:"
    return others


def test_what_is_not_set_has_a_default_where_one_is_safe() -> None:
    kafka = load_settings(KafkaSettings)

    assert (kafka.bootstrap_servers, kafka.security_protocol) == ("127.0.0.1:9092", "PLAINTEXT")
    assert (kafka.topic_prefix, kafka.topic_partitions) == ("", 12)
    assert load_settings(MetricsSettings).host == "127.0.0.1"
    assert load_settings(LogSettings).level == "info"


def test_the_environment_is_read_by_the_names_people_know(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "kafka.example.com:9093")
    monkeypatch.setenv("MCM_TOPIC_PREFIX", "team-a.")
    monkeypatch.setenv("DATABASE_URL", "postgres://mcm:secret@db.example.com/mcm")

    kafka = load_settings(KafkaSettings)

    assert (kafka.bootstrap_servers, kafka.topic_prefix) == ("kafka.example.com:9093", "team-a.")
    assert "secret" not in repr(load_settings(DatabaseSettings))


def test_a_missing_variable_is_named() -> None:
    assert wrong(DatabaseSettings) == ["DATABASE_URL: is not set"]


@pytest.mark.parametrize("url", ["mysql://root:secret@example.com/mcm", "secret", "", "sqlite://x", " postgres://x"])
def test_another_database_is_refused_without_showing_the_url(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", url)

    assert wrong(DatabaseSettings) == ["DATABASE_URL: it must begin with postgresql:// or sqlite:///"]


def test_everything_wrong_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_SECURITY_PROTOCOL", "TLS")
    monkeypatch.setenv("MCM_TOPIC_PREFIX", "a b")
    monkeypatch.setenv("MCM_TOPIC_PARTITIONS", "many")
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "")

    assert wrong(KafkaSettings) == [
        "KAFKA_BOOTSTRAP_SERVERS: String should have at least 1 character",
        "KAFKA_SECURITY_PROTOCOL: Input should be 'PLAINTEXT', 'SSL', 'SASL_PLAINTEXT' or 'SASL_SSL'",
        "MCM_TOPIC_PREFIX: String should match pattern '^[A-Za-z0-9._-]{0,100}$'",
        "MCM_TOPIC_PARTITIONS: Input should be a valid integer, unable to parse string as an integer",
    ]


@pytest.mark.parametrize(
    ("name", "value", "settings"),
    [
        ("MCM_LOG_LEVEL", "loud", LogSettings),
        ("MCM_LOG_FORMAT", "xml", LogSettings),
        ("MCM_METRICS_PORT", "70000", MetricsSettings),
        ("MCM_TOPIC_PARTITIONS", "0", KafkaSettings),
        ("MCM_TOPIC_REPLICATION", "-2", KafkaSettings),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, settings: type[LogSettings]
) -> None:
    monkeypatch.setenv(name, value)

    (line,) = wrong(settings)
    assert line.startswith(f"{name}: ")
    assert value not in line


def test_a_login_needs_a_name_and_a_password() -> None:
    for incomplete in ({}, {"KAFKA_SASL_USERNAME": "mona"}, {"KAFKA_SASL_PASSWORD": "secret"}):
        settings = KafkaSettings.model_validate({"KAFKA_SECURITY_PROTOCOL": "SASL_SSL", **incomplete})
        with pytest.raises(ConfigurationError, match="SASL_SSL needs KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD"):
            connection_options(settings, "test")


def test_a_login_is_handed_to_the_client() -> None:
    settings = KafkaSettings.model_validate(
        {
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SASL_MECHANISM": "PLAIN",
            "KAFKA_SASL_USERNAME": "mona",
            "KAFKA_SASL_PASSWORD": "secret",
        }
    )

    options = connection_options(settings, "test")

    assert (options["sasl_mechanism"], options["sasl_plain_username"], options["sasl_plain_password"]) == (
        "PLAIN",
        "mona",
        "secret",
    )
    assert options["ssl_context"].check_hostname
    assert "secret" not in repr(settings)


def test_a_ca_file_that_is_not_there_is_named() -> None:
    settings = KafkaSettings(KAFKA_SECURITY_PROTOCOL="SSL", KAFKA_SSL_CA_FILE="/no/such/ca.pem")

    with pytest.raises(ConfigurationError, match=r"KAFKA_SSL_CA_FILE /no/such/ca\.pem cannot be read: .*No such file"):
        connection_options(settings, "test")
