"""What goes in and out of the bus: headers, the place a record comes from, and dead letters."""

import pytest

from mcm_shared.contracts.topics import MAX_DEAD_LETTER_BYTES, MAX_MESSAGE_BYTES, Topics
from mcm_shared.kafka.dead_letters import dead_letter
from mcm_shared.kafka.records import Outgoing, header, origin_of
from mcm_shared.testing.builders import ARecord

TOPICS = Topics("test-")


def size_of(letter: Outgoing) -> int:
    return len(letter.value) + len(letter.key or b"") + sum(len(n) + len(v or b"") for n, v in letter.headers)


def test_topics_and_groups_stand_behind_the_prefix() -> None:
    assert (TOPICS.raw, TOPICS.dead, TOPICS.findings, TOPICS.enriched, TOPICS.group("rules-engine")) == (
        "test-events.raw",
        "test-events.dead",
        "test-findings",
        "test-findings.enriched",
        "test-rules-engine",
    )


def test_a_header_is_read_as_text_whatever_its_bytes() -> None:
    record = ARecord(b"", headers=(("a", b"caf\xc3\xa9"), ("b", b"\xff"), ("c", None), ("a", b"second")))

    assert [header(record, name) for name in "abcd"] == ["café", "�", "", None]


@pytest.mark.parametrize("origin", [None, b"", b"x" * 300])
def test_a_record_comes_from_where_it_stands(origin: bytes | None) -> None:
    assert origin_of(ARecord(b"", topic="events.raw", partition=3, offset=14)) == "events.raw/3/14"
    assert origin_of(ARecord(b"", partition=3, offset=14, headers=(("origin", origin),))) == "events.raw/3/14"


def test_a_replayed_record_comes_from_where_it_first_stood() -> None:
    assert origin_of(ARecord(b"", partition=3, offset=99, headers=(("origin", b"events.raw/3/14"),))) == (
        "events.raw/3/14"
    )


def test_a_dead_letter_holds_the_original_and_says_why_and_where_it_stood() -> None:
    record = ARecord(b"\xff raw", b"k", (("source", b"aws.cloudtrail"), ("none", None)), "events.raw", 2, 7, 1_000)

    letter = dead_letter(record, "not valid JSON: größe", TOPICS)

    assert letter == Outgoing(
        "test-events.dead",
        b"\xff raw",
        b"k",
        (
            ("reason", "not valid JSON: größe".encode()),
            ("origin", b"events.raw/2/7"),
            ("topic", b"events.raw"),
            ("partition", b"2"),
            ("offset", b"7"),
            ("timestamp", b"1000"),
            ("source", b"aws.cloudtrail"),
            ("none", None),
        ),
    )


def test_a_record_cannot_pretend_to_be_a_letter_about_another() -> None:
    lies = (("reason", b"none"), ("topic", b"other"), ("offset", b"1"), ("origin", b"events.raw/0/0"))
    letter = dead_letter(ARecord(b"x", headers=lies, offset=7), "why", TOPICS)

    assert [value for name, value in letter.headers if name == "reason"] == [b"why"]
    assert dict(letter.headers)["topic"] == b"events.raw"
    assert dict(letter.headers)["offset"] == b"7"


def test_a_tombstone_becomes_an_empty_letter() -> None:
    assert dead_letter(ARecord(None), "the event is empty", TOPICS).value == b""


def test_a_letter_is_never_too_large_to_be_sent() -> None:
    big = b"x" * (MAX_MESSAGE_BYTES * 4)
    record = ARecord(big, key=big, headers=(("a", big), ("origin", big)))

    letter = dead_letter(record, "y" * 100_000, TOPICS)

    assert size_of(letter) < MAX_DEAD_LETTER_BYTES
    assert letter.value == big[: 1024 * 1024]
    reason = header(ARecord(b"", headers=letter.headers), "reason")
    assert reason is not None
    assert reason.endswith(
        "… (of its 33,554,432 bytes the first 1,048,576 are kept here) (its headers are too large to be kept here)"
    )


def test_what_a_topic_can_hold_is_kept_whole() -> None:
    value, headers = b"x" * MAX_MESSAGE_BYTES, (("a", b"y" * 100_000),)

    letter = dead_letter(ARecord(value, key=b"z" * 100_000, headers=headers), "why", TOPICS)

    assert letter.value == value
    assert letter.headers[-1] == headers[0]
    assert size_of(letter) < MAX_DEAD_LETTER_BYTES
