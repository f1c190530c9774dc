"""Files in every form that records come in, and what is said of what is broken in them."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mcm_shared.errors import ConfigurationError
from mcm_shared.event_files import Entry, read_entries

RECORDS = [{"n": 1, "text": "ä"}, {"n": 2, "list": [1, {"a": None}]}, {"n": 3}]
LINES = b"\n".join(json.dumps(record).encode() for record in RECORDS)

FORMS = {
    "a record a line": LINES,
    "with a last newline": LINES + b"\n",
    "with empty lines and carriage returns": b"\n\r\n" + LINES.replace(b"\n", b"\r\n\r\n") + b"\r\n",
    "after a byte order mark": b"\xef\xbb\xbf" + LINES,
    "an array": json.dumps(RECORDS).encode(),
    "an array over lines": json.dumps(RECORDS, indent=2).encode(),
    "an array with a record a line": b"[\n" + LINES.replace(b"\n", b",\n") + b"\n]\n",
    "Records": json.dumps({"Records": RECORDS}).encode(),
    "records of an event hub": json.dumps({"records": RECORDS}).encode(),
    "records over lines": json.dumps({"records": RECORDS}, indent=2).encode(),
    "Records over lines": json.dumps({"Records": RECORDS}, indent=2).encode(),
    "Records twice, a line each": b"\n".join(
        json.dumps({"Records": part}).encode() for part in (RECORDS[:1], RECORDS[1:])
    ),
}


@pytest.fixture
def read(tmp_path: Path) -> Callable[[bytes], list[Entry]]:
    """Reads the records of a file with that content."""

    def of(content: bytes) -> list[Entry]:
        path = tmp_path / "file.json"
        path.write_bytes(content)
        return [
            entry._replace(place=entry.place.removeprefix(str(path)))
            for e in read_entries(str(path), 10_000)
            for entry in e
        ]

    return of


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_holds_the_same_records(read: Callable[[bytes], list[Entry]], form: str, packed: bool) -> None:
    entries = read(gzip.compress(FORMS[form]) if packed else FORMS[form])

    assert [entry.error for entry in entries] == [None] * 3
    assert [entry.data for entry in entries] == RECORDS
    assert [json.loads(entry.payload) for entry in entries] == RECORDS


def test_one_record_over_several_lines_is_one_record(read: Callable[[bytes], list[Entry]]) -> None:
    assert [entry.data for entry in read(json.dumps(RECORDS[1], indent=4).encode())] == [RECORDS[1]]


def test_a_line_is_passed_on_byte_by_byte(read: Callable[[bytes], list[Entry]]) -> None:
    line = b'{"b": 1.50,  "a": "\\u00e4"}'

    assert read(line + b"\n")[0].payload == line


@pytest.mark.parametrize("content", [b"", b"\n", b" \r\n\n", b"[]", b'{"Records": []}'])
def test_nothing_is_no_record(read: Callable[[bytes], list[Entry]], content: bytes) -> None:
    assert read(content) == []


def test_a_broken_line_is_named_and_the_others_are_read(read: Callable[[bytes], list[Entry]]) -> None:
    entries = read(
        b'{"n": 1}\nnot json\n\n{"n": "\xff"}\n{"n": 2}\n{"n": 1180591620717411303424}\n{"n"\n{"n": "\\u0000"}\n'
    )

    assert [entry.data for entry in entries if entry.error is None] == [{"n": 1}, {"n": 2}]
    assert {entry.place: entry.error for entry in entries if entry.error} == {
        ":2": "not valid JSON: invalid literal, expected 'null'",
        ":4": "invalid UTF-8 at byte 7",
        ":6": "the integer 1180591620717411303424 does not fit in 64 bits",
        ":7": "not valid JSON: unexpected end of data",
        ":8": "a text holds a NUL character (\\u0000), which a database cannot store",
    }


def test_a_broken_first_line_does_not_hide_the_rest(read: Callable[[bytes], list[Entry]]) -> None:
    entries = read(b'{"n":\n{"n": 1}\n')

    assert [(entry.place, entry.data) for entry in entries] == [(":1", None), (":2", {"n": 1})]


def test_a_broken_element_is_named_and_the_others_are_read(read: Callable[[bytes], list[Entry]]) -> None:
    entries = read(b'{"Records": [{"n": 1}, {"n": 1180591620717411303424}, {"n": "\\ud800"}, {"n": 2}]}')

    assert [entry.data for entry in entries if entry.error is None] == [{"n": 1}, {"n": 2}]
    assert [entry.place for entry in entries if entry.error] == [":1 element 2", ":1 element 3"]


def test_a_document_that_is_cut_off_is_one_error(read: Callable[[bytes], list[Entry]]) -> None:
    (entry,) = read(json.dumps(RECORDS, indent=2).encode()[:-9])

    assert entry.error is not None
    assert entry.error.startswith("not valid JSON: ")
    assert "line" in entry.error


def test_a_gzip_file_that_is_cut_off_is_read_as_far_as_it_goes(read: Callable[[bytes], list[Entry]]) -> None:
    *whole, last = read(gzip.compress(LINES)[:-6])

    assert [entry.data for entry in whole] == RECORDS[: len(whole)]
    assert last.error is not None
    assert "damaged or cut off" in last.error


def test_a_record_over_the_limit_is_refused(read: Callable[[bytes], list[Entry]]) -> None:
    (entry,) = read(b'{"text": "' + b"x" * 10_000 + b'"}')

    assert entry.error is not None
    assert "the limit is 10,000" in entry.error


def test_a_file_larger_than_a_read_keeps_its_lines_whole(read: Callable[[bytes], list[Entry]]) -> None:
    lines = [json.dumps({"n": number, "text": "x" * 500}).encode() for number in range(5_000)]

    entries = read(b"\n".join(lines))

    assert [entry.payload for entry in entries] == lines
    assert entries[-1].place == ":5000"


def test_a_file_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nope.json cannot be read: No such file"):
        list(read_entries(str(tmp_path / "nope.json"), 10_000))


BLANK = b" " * 999 + b"\n"
BOMBS = {
    "lines that expand 1,000 times": (gzip.compress(BLANK * 70_000), "expands to over 200 times its size"),
    "one line that is too long": (b"1" * (65 << 20), "line of over 64 MiB"),
    "a document that is too long": (b"[\n" + BLANK * 70_000, "a JSON document or line of over 64 MiB"),
    "a line of objects": (b"[" + b"{}," * 1_000_000 + b"{}]", "a document of over 1,000,000 objects"),
    "a document of arrays": (b"[\n" + b"[" * 1_000_000, "a document of over 1,000,000 objects"),
    "a document of numbers": (b"[\n" + b"1," * 4_000_001 + b"1]", "or 4,000,000 values"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_small_file_cannot_take_much_memory(read: Callable[[bytes], list[Entry]], bomb: str) -> None:
    content, words = BOMBS[bomb]

    entries = read(content)

    assert [entry.place for entry in entries] == [""]
    assert words in str(entries[0].error)


def test_records_that_expand_as_logs_do_are_read(read: Callable[[bytes], list[Entry]]) -> None:
    record = b'{"action": "login", "ip": "192.0.2.7"}\n'

    assert sum(entry.error is None for entry in read(gzip.compress(record * 100_000))) == 100_000
