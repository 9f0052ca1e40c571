"""One odd item of a page is refused by itself, and spoils no other."""

import json
from datetime import UTC, datetime

import pytest

from leadflow.sources.bodies import BodyUnreadable, read_body
from leadflow.sources.journals.pages import read_page
from leadflow.sources.journals.problems import ReadingFailed
from tests.integration.sources.reading_journals import source

NOW = datetime(2026, 3, 20, tzinfo=UTC)
JOURNAL = source("https://crm.example.com").journal
PLAIN = b'{"id":"bob","at":"2026-03-19T10:00:00Z","email":"b\\u00f6b@example.com"}'


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        (rb'{"id": "ada", "name": "A\ud83d"}', "half a character"),
        (rb'{"id": "ada", "name": "A\u0000"}', "NUL"),
        (b'{"id": "ada", "name": "A\x00"}', "NUL"),
        (b'{"id": "ada", "name": "M\xfcller"}', "half a character"),
        (rb'{"id": "ada", "\ud83d": 1}', "half a character"),
        (b'{"id": "ada", "name": "A", "name": "B"}', "twice"),
        (b'{"id": "ada", "of": [{"amount": NaN}]}', "no number"),
        (b'{"id": "ada", "amount": ' + b"7" * 5000 + b"}", "more than 300 digits"),
        (b'{"id": "ada", "amount": ' + b"7" * 310 + b"}", "digits"),
        (b'{"id": "ada", "of": ' + b"[" * 120 + b"]" * 120 + b"}", "deep"),
    ],
)
def test_an_odd_item_comes_beside_the_others_and_is_refused_with_its_reason(
    odd: bytes, said: str
) -> None:
    assert JOURNAL is not None
    page = b'{"results": [' + PLAIN + b", " + odd + b', {"id": "eve"}], "paging": {"next": "2"}}'
    read = read_page(JOURNAL, page, NOW)
    assert ([item.id for item in read.items], read.next) == (["bob", "ada", "eve"], "2")
    assert read_body(read.items[0].body, "json") == json.loads(PLAIN)
    with pytest.raises(BodyUnreadable, match=f"(?i){said}"):
        read_body(read.items[1].body, "json")
    assert read_page(JOURNAL, page, NOW).items[1].body == read.items[1].body


@pytest.mark.parametrize("answer", [b"<html>", b"", b'{"results": [', b"[" * 100_000])
def test_what_is_no_json_is_no_page(answer: bytes) -> None:
    assert JOURNAL is not None
    with pytest.raises(ReadingFailed) as caught:
        read_page(JOURNAL, answer, NOW)
    assert caught.value.word == "not_json"


def test_an_id_with_an_odd_character_is_none() -> None:
    assert JOURNAL is not None
    [read] = read_page(JOURNAL, rb'{"results": [{"id": "a\ud83d"}]}', NOW).items
    assert read.id is None
