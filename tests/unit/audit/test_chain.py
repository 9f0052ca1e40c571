"""What is hashed says the same of the same content, however it is spelled, and of no other."""

import json
import math

import pytest

from leadflow.audit import chain


def content(value: str | None) -> str:
    return chain.content_of(("a",), (value,))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('{"b": 1, "a": 2}', '{"a":2,"b":1}'),
        ("[1e-07, 1e+20, 1.5e+20]", "[0.0000001, 100000000000000000000, 150000000000000000000]"),
        ("[-0.0, 0.0, -0]", "[0.0, 0.0, 0]"),
        ('"Gr\\u00fc\\u00dfe \\ud83d\\ude00"', '"Grüße 😀"'),
        (json.dumps([math.pi, 1e300, 5e-324]), json.dumps([math.pi, 1e300, 5e-324])),
    ],
)
def test_other_spellings_of_the_same_are_the_same(written: str, read: str) -> None:
    assert content(written) == content(read)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", "1.0"),
        ("1.0", "1.00"),
        ("0.1", "0.10000000000000000001"),
        ("1", "true"),
        ("0", "false"),
        ("1", '"1"'),
        ("1.5", '"1.5"'),
        ("[]", "{}"),
        ('{"a": null}', "{}"),
        ("null", None),
        ("[null]", "null"),
        ('"é"', '"e\u0301"'),
        ("9007199254740993", "9007199254740992"),
    ],
)
def test_no_other_content_is_the_same(one: str, other: str | None) -> None:
    assert content(one) != content(other)


def test_values_cannot_move_from_one_column_to_the_next() -> None:
    contents = [
        chain.content_of(("ab", "c"), ("{}", None)),
        chain.content_of(("a", "bc"), ("{}", None)),
        chain.content_of(("ab", "c"), (None, "{}")),
        chain.content_of(("ab", ""), ("{}", None)),
        chain.content_of(("ab", None), ("{}", None)),
    ]
    assert len(set(contents)) == len(contents)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_json_has_no_word_for_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        chain.json_text({"value": value})


@pytest.mark.parametrize("value", ["{", "9" * 5000, "[" * 100_000])
def test_what_cannot_be_read_is_said_to_be_so(value: str) -> None:
    with pytest.raises((ValueError, RecursionError)):
        content(value)
