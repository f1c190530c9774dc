"""Decoding JSON from outside: whatever is good comes through unchanged, whatever no database can hold is refused."""

import json
import math

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mcm_shared.contracts.strict_json import MAX_DEPTH, MAX_VALUES, decode_json
from mcm_shared.errors import PoisonEventError

MEBIBYTE = 1024 * 1024

good_text = st.text(st.characters(codec="utf-8", exclude_characters="\x00"))
scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | good_text
values = st.recursive(
    scalars.filter(lambda value: not (isinstance(value, float) and math.isinf(value))),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(good_text, inner, max_size=5),
    max_leaves=30,
)


def refusal(payload: bytes, max_bytes: int = MEBIBYTE) -> str:
    with pytest.raises(PoisonEventError) as refused:
        decode_json(payload, max_bytes)
    return refused.value.reason


@given(values)
def test_any_json_value_comes_through_as_it_was(value: object) -> None:
    assert decode_json(json.dumps(value, ensure_ascii=False).encode(), MEBIBYTE) == value
    assert decode_json(json.dumps(value, indent=1).encode(), MEBIBYTE) == value


@given(st.binary())
@example(b"\xef\xbb\xbf{}")
@example(b"{}\x00")
@example(b"-")
def test_any_bytes_are_decoded_or_refused_with_a_reason(payload: bytes) -> None:
    try:
        decoded = decode_json(payload, MEBIBYTE)
    except PoisonEventError:
        return
    assert json.loads(payload) == decoded


@pytest.mark.parametrize("number", [-(2**63), 2**63 - 1, 10**18, -(10**18)])
def test_integers_up_to_64_bits_are_kept_exactly(number: int) -> None:
    assert decode_json(orjson.dumps({"n": number}), MEBIBYTE) == {"n": number}


@given(st.integers(min_value=2**63) | st.integers(max_value=-(2**63) - 1))
@example(2**63)
@example(-(2**63) - 1)
@example(2**64)
@example(2**70)
def test_longer_integers_are_refused_and_shown(number: int) -> None:
    shown = str(number) if len(str(number)) <= 30 else f"{str(number)[:30]}…"
    assert refusal(b'{"deep": [{"n": %d}]}' % number) == f"the integer {shown} does not fit in 64 bits"


def test_an_integer_of_hundreds_of_digits_is_shown_shortened_and_of_thousands_is_no_number() -> None:
    assert refusal(b"[" + b"7" * 300 + b"]") == f"the integer {'7' * 30}… does not fit in 64 bits"
    assert refusal(b"[" + b"7" * 10_000 + b"]").startswith("not valid JSON: ")


def test_digits_in_a_text_are_no_number() -> None:
    digits = "9" * 40
    assert decode_json(orjson.dumps({digits: digits, "n": 1.5}), MEBIBYTE) == {digits: digits, "n": 1.5}


@pytest.mark.parametrize("number", [b"1e999999", b"-1e999999", b"1e309", b"NaN", b"Infinity", b"-Infinity"])
def test_numbers_beyond_a_double_are_refused(number: bytes) -> None:
    assert refusal(b'{"n": ' + number + b"}").startswith("not valid JSON: ")


@pytest.mark.parametrize(
    "payload", [b'{"a": "\\u0000"}', b'{"\\u0000": 1}', b'[[["x\\u0000y"]]]', b'"\\u0000"', b'{"a": {"b\\u0000": {}}}']
)
def test_a_nul_character_is_refused_wherever_it_stands(payload: bytes) -> None:
    assert refusal(payload) == "a text holds a NUL character (\\u0000), which a database cannot store"


def test_a_backslash_before_u0000_makes_it_plain_text() -> None:
    assert decode_json(b'{"a": "\\\\u0000"}', MEBIBYTE) == {"a": "\\u0000"}


@pytest.mark.parametrize("surrogate", [b'"\\ud800"', b'"\\udfff x"', b'"\\udc00\\ud800"'])
def test_half_a_character_is_refused(surrogate: bytes) -> None:
    assert refusal(surrogate).startswith("not valid JSON: ")


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")], ids=["lists", "objects"])
def test_nesting_is_limited(opening: bytes, closing: bytes) -> None:
    def nested(depth: int) -> bytes:
        return opening * depth + b"1" + closing * depth

    decode_json(nested(MAX_DEPTH), MEBIBYTE)
    for depth in (MAX_DEPTH + 1, 1_000, 5_000, 100_000):
        assert refusal(nested(depth)) == f"nested deeper than {MAX_DEPTH} levels"


def test_many_brackets_side_by_side_are_not_nesting() -> None:
    wide: list[list[dict[str, int]]] = [[{}] for _ in range(1_000)]
    assert decode_json(orjson.dumps(wide), MEBIBYTE) == wide


def test_the_size_limit_counts_bytes_and_names_the_setting() -> None:
    payload = orjson.dumps("ä" * 100)
    assert decode_json(payload, len(payload)) == "ä" * 100
    assert refusal(payload, len(payload) - 1) == "the event has 202 bytes; the limit is 201 (MCM_MAX_EVENT_BYTES)"


@pytest.mark.parametrize("payload", [b"", b" \n\t "])
def test_nothing_at_all_is_called_empty(payload: bytes) -> None:
    assert refusal(payload) == "the event is empty"


@pytest.mark.parametrize(
    ("payload", "place"), [(b"\xff", 0), (b'{"a": "\xc3\x28"}', 7), (b'{"a": "\xed\xa0\x80"}', 7), (b'"ab\xe2\x82', 3)]
)
def test_invalid_utf8_is_refused_with_its_place(payload: bytes, place: int) -> None:
    assert refusal(payload) == f"invalid UTF-8 at byte {place}"


@pytest.mark.parametrize("payload", [b"{", b"{'a': 1}", b"[1,]", b"nul", b"hello", b'{"a": 1} {"b": 2}', b'"\n"'])
def test_text_that_is_not_json_is_refused(payload: bytes) -> None:
    assert refusal(payload).startswith("not valid JSON: ")


def test_of_a_repeated_name_the_last_value_stays() -> None:
    assert decode_json(b'{"a": 1, "a": 2}', MEBIBYTE) == {"a": 2}


def test_values_are_limited_by_number_without_decoding_them() -> None:
    decode_json(b"[" + b"1," * (MAX_VALUES - 2) + b"1]", MEBIBYTE)
    decode_json(b'["' + b",[{\\\\" * 150_000 + b'"]', MEBIBYTE)
    for payload in (
        b"[" + b"1," * MAX_VALUES + b"1]",
        b"[" + b"{}," * 300_000 + b"{}]",
        b'["' + b'","' * 300_000 + b'"]',
    ):
        assert refusal(payload) == "it holds more than 100,000 values"
