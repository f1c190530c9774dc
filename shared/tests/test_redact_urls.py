"""Redaction of credentials in URLs: they go, and what helps to find the fault stays."""

import pytest

from mcm_shared.redact_urls import redact_urls


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("postgresql://mcm:secret@db/mcm", "postgresql://***@db/mcm"),
        ("postgres://mcm:se@cr/et?#x@db:5432/mcm", "postgres://***@db:5432/mcm"),
        ("postgresql://mcm:se\"cr'et@db/mcm", "postgresql://***@db/mcm"),
        ("postgresql://mcm:8080/secret@db/mcm", "postgresql://***@db/mcm"),
        ("https://mcm:8080-x@db/mcm", "https://***@db/mcm"),
        ("postgresql://mcm:80secret@db/mcm", "postgresql://***@db/mcm"),
        ("postgresql+asyncpg://:secret@db", "postgresql+asyncpg://***@db"),
        ("https://token@example.com/v1", "https://***@example.com/v1"),
        ("(https://a:b@example.com, https://c:d@example.com)", "(https://***@example.com, https://***@example.com)"),
        ("postgresql://db/mcm?user=mcm&password=secret", "postgresql://db/mcm?user=mcm&password=***"),
        ("postgresql://db/mcm?sslpassword=secret", "postgresql://db/mcm?sslpassword=***"),
        ("/v1/chat?api-key=secret&model=m", "/v1/chat?api-key=***&model=m"),
        ("https://s3.example.com/o?X-Amz-Signature=secret", "https://s3.example.com/o?X-Amz-Signature=***"),
        ("https://example.com/#access_token=secret", "https://example.com/#access_token=***"),
        ("https://blob.example.com/c?sv=1&sig=secret", "https://blob.example.com/c?sv=1&sig=***"),
        ("https://hooks.slack.com/services/T0/B0/secret", "https://hooks.slack.com/services/***"),
        ("https://discord.com/api/webhooks/1/secret?wait=1", "https://discord.com/api/webhooks/***?wait=1"),
        ("https://api.telegram.org/bot1:secret/send", "https://api.telegram.org/bot***"),
    ],
)
def test_credentials_are_replaced(text: str, redacted: str) -> None:
    assert redact_urls(text) == redacted
    assert redact_urls(redacted) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1:8000/users/mona@example.com",
        "https://example.com/users/mona@example.com?page=2",
        "kafka.example.com:9092,kafka.example.com:9093 for mona@example.com",
        "listening url=http://127.0.0.1:8000, mona@example.com",
        "page=1&monkey=2?keyboard=3",
        "sqlite:///tmp/a@b.db",
    ],
)
def test_other_texts_stay(text: str) -> None:
    assert redact_urls(text) == text


def test_the_setup_link_stays_whole() -> None:
    link = "http://127.0.0.1:8000/app/setup#token=c2VjcmV0"

    assert redact_urls(f"open {link}") == f"open {link}"
    assert "c2VjcmV0" not in redact_urls(link.replace("setup", "other"))
