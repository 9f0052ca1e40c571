"""A journal that cannot be read is refused where it is written down, and what is asked is exact."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from leadflow import plain_yaml
from leadflow.outward.exchange import Answered
from leadflow.sources.definitions import Source, SourcesInvalid, parse_sources
from leadflow.sources.journals.asking import _pause, request_for
from leadflow.sources.journals.definitions import Journal
from leadflow.sources.journals.pages import read_page
from leadflow.sources.journals.problems import ReadingFailed
from leadflow.sources.journals.progress import Read

NOON = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)
READ = Read(NOON, datetime(2026, 3, 2, 12, 5, tzinfo=UTC))
JOURNAL: dict[str, Any] = {
    "url": "https://crm.example.com/changes?limit=100",
    "items": "results",
    "id": "id",
    "time": "at",
}
GOOD: dict[str, Any] = {"journal": JOURNAL, "mapping": {"key": "id"}}


def journal(**changes: Any) -> Journal:
    return Journal.model_validate(JOURNAL | changes)


def problems(content: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(SourcesInvalid) as caught:
        parse_sources({"sources": {"crm": content}})
    return {found.place: found.problem for found in caught.value.problems}


def test_a_journal_says_the_same_after_it_was_stored() -> None:
    more = {"begin": "2026-03-01", "every": "2m", "overlap": "1h", "authorization": {"prefix": ""}}
    source = parse_sources({"sources": {"crm": GOOD | {"journal": JOURNAL | more}}})["crm"]
    again = parse_sources({"sources": {"crm": json.loads(json.dumps(source.content))}})["crm"]
    assert (again, again.content_hash) == (source, source.content_hash)
    assert again.journal is not None
    assert again.journal.begin == datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "place", "said"),
    [
        ({"url": "ftp://crm.example.com"}, "url", "http:// or https://"),
        ({"url": "https://me:word@crm.example.com"}, "url", "password out of the URL"),
        ({"url": "https://crm.example.com/{since}"}, "url", "`query` or `body`"),
        ({"query": {"a": "{sinse}"}}, "query", "there is no {sinse}: write {since}, "),
        ({"query": {"a": "{page}"}}, "", "say at which path it stands"),
        ({"method": "POST", "body": "{"}, "body", "write JSON as a text"),
        ({"method": "POST", "body": '{"a": "{sinse}"}'}, "body", "{sinse}"),
        ({"body": "{}"}, "", "method: POST"),
        ({"every": "1s"}, "every", "5s to 1d"),
        ({"overlap": "0s"}, "overlap", "1s to 7d"),
        ({"lag": "2d"}, "lag", "0s to 1d"),
        ({"items": "a["}, "items", "no path in JMESPath"),
        ({"next": "nosuch(x)"}, "next", "nosuch()"),
        ({"itmes": "a"}, "itmes", "no such key"),
        ({"authorization": {"header": "Host"}}, "authorization.header", "another header"),
        ({"authorization": {"prefix": "a\r\nb"}}, "authorization.prefix", "at most 40"),
    ],
)
def test_what_is_wrong_is_said(changes: dict[str, Any], place: str, said: str) -> None:
    found = problems(GOOD | {"journal": JOURNAL | changes})
    assert said in found[".".join(["sources.crm.journal", *([place] if place else [])])]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"scheme": "token"}, "either a scheme"),
        ({"journal": None}, "either a scheme"),
        ({"signature": {"header": "X"}}, "journal.authorization"),
        ({"delivery_id": {"path": "id"}}, "journal.id"),
        ({"format": "xml"}, "it is JSON"),
        ({"keep_headers": ["X-A"]}, "have none"),
    ],
)
def test_a_source_has_a_scheme_or_a_journal(changes: dict[str, Any], said: str) -> None:
    assert any(said in problem for problem in problems(GOOD | changes).values())


def test_a_secret_goes_to_the_host_that_it_was_given_for_alone() -> None:
    def at(url: str) -> Source:
        return Source.model_validate(GOOD | {"journal": JOURNAL | {"url": url}})

    before = at("https://crm.example.com/v1")
    assert at("https://crm.example.com/v2").takes_secrets_of(before)
    for other in ("https://elsewhere.example.com", "http://crm.example.com", "https://a:8443/"):
        assert not at(other).takes_secrets_of(before)
    assert not at("https://a.b").takes_secrets_of(
        Source.model_validate({"scheme": "token", "mapping": {"key": "id"}})
    )


def test_the_time_is_said_as_the_journal_wants_it_and_never_later_than_it_is() -> None:
    query = {"a": "{since}", "b": "{since_seconds}", "c": "{since_ms}", "d": ">{until}"}
    asked = request_for(journal(query=query), "a-secret", READ)
    assert asked.url == (
        "https://crm.example.com/changes?limit=100&a=2026-03-02T12%3A00%3A00.123Z&b=1772452800"
        "&c=1772452800123&d=%3E2026-03-02T12%3A05%3A00.000Z"
    )
    assert ("Authorization", "Bearer a-secret") in asked.headers
    assert "a-secret" not in repr(asked)


def test_a_body_keeps_its_kinds_and_leaves_out_a_page_that_is_none_yet() -> None:
    body = '{"limit": 200, "q": {"a": "{since_ms}"}, "after": "{page}", "in": ["{page}", 1]}'
    given = journal(method="POST", body=body, next="next")
    first = request_for(given, "a-secret", READ)
    assert json.loads(first.content) == {"limit": 200, "q": {"a": "1772452800123"}, "in": [1]}
    later = request_for(given, "a-secret", Read(NOON, NOON, page="p2"))
    assert json.loads(later.content)["after"] == "p2"


def test_a_header_of_its_own_carries_the_secret_alone() -> None:
    asked = request_for(journal(authorization={"header": "X-Api-Key"}), "a-secret", READ)
    assert ("X-Api-Key", "a-secret") in asked.headers


@pytest.mark.parametrize("page", ["/changes?page=2", "https://crm.example.com/changes?page=2"])
def test_the_url_of_the_next_page_is_asked_as_it_stands(page: str) -> None:
    given = journal(next="next", query={"since": "{since}"})
    asked = request_for(given, "a-secret", Read(NOON, NOON, page=page))
    assert asked.url == "https://crm.example.com/changes?page=2"


@pytest.mark.parametrize(
    "page", ["https://evil.example.com/", "//evil.example.com/", "http://crm.example.com/"]
)
def test_the_secret_is_not_carried_to_another_host_by_a_next_page(page: str) -> None:
    with pytest.raises(ReadingFailed) as caught:
        request_for(journal(next="next"), "a-secret", Read(NOON, NOON, page=page))
    assert caught.value.word == "next_elsewhere"


@pytest.mark.parametrize(
    ("item", "own", "moment"),
    [
        ({"id": 7, "at": "2026-03-02T13:00:00+01:00"}, "7", "2026-03-02T12:00:00+00:00"),
        ({"id": "", "at": "2026-03-02T12:00:00"}, None, None),
        ({"id": "a\n", "at": 1772452800}, None, None),
        ({"id": "a" * 201, "at": "yesterday"}, None, None),
        ({}, None, None),
        ("text", None, None),
        (None, None, None),
    ],
)
def test_what_an_item_does_not_say_for_certain_is_not_guessed(
    item: Any, own: str | None, moment: str | None
) -> None:
    [read] = read_page(journal(), json.dumps({"results": [item]}).encode(), NOON).items
    assert read.id == own
    assert (read.time and read.time.isoformat()) == moment


def test_a_moment_that_is_counted_is_read_by_the_functions_of_paths() -> None:
    given = journal(time="from_ms(at)")
    [item] = read_page(given, b'{"results": [{"id": 1, "at": 1772452800123}]}', NOON).items
    assert item.time == NOON.replace(microsecond=123000)


@pytest.mark.parametrize(
    ("answered", "word"),
    [
        (b"<html>", "not_json"),
        (b"\xff", "not_json"),
        (b'{"results": 1, "results": 2}', "not_json"),
        (b"{}", "no_items"),
        (b'{"results": {"id": 1}}', "no_items"),
        (b'{"results": [' + b"1," * 5000 + b"1]}", "too_many_items"),
        (b'{"results": [], "next": {"a": 1}}', "bad_next"),
        (b'{"results": [], "next": "' + b"a" * 4001 + b'"}', "bad_next"),
    ],
)
def test_what_is_no_page_is_called_by_a_stable_word(answered: bytes, word: str) -> None:
    with pytest.raises(ReadingFailed) as caught:
        read_page(journal(next="next"), answered, NOON)
    assert caught.value.word == word


def test_the_same_item_is_the_same_body_however_its_keys_are_ordered() -> None:
    one = read_page(journal(), b'{"results": [{"id": 1, "b": 2}]}', NOON).items
    other = read_page(journal(), b'{"results": [{"b": 2,  "id": 1}]}', NOON).items
    assert one == other


def test_a_pause_is_as_long_as_is_asked_for_and_a_day_at_most() -> None:
    for said, pause in (
        ("7", timedelta(seconds=7)),
        ("99999999", timedelta(days=1)),
        ("Mon, 02 Mar 2026 12:01:00 GMT", timedelta(seconds=59, microseconds=876544)),
        ("Mon, 02 Mar 2020 12:01:00 GMT", timedelta(0)),
        ("soon", None),
        ("", None),
    ):
        assert _pause(Answered(429, {"retry-after": said}, b"", "whole"), NOON) == pause


def test_the_examples_of_the_guide_are_read_as_they_say() -> None:
    """That of HubSpot's contacts, with an answer as HubSpot gives them."""
    guide = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text()
    blocks = [part.split("```")[0] for part in guide.split("```yaml\n")[1:]]
    texts = [block for block in blocks if "    journal:" in block]
    found = [parse_sources(plain_yaml.load_texts(text)) for text in texts]
    assert [list(one) for one in found] == [["crm"], ["hubspot_contacts"]]
    contacts = found[1]["hubspot_contacts"].journal
    assert contacts is not None
    asked = json.loads(request_for(contacts, "a-secret", READ).content)
    assert asked["filterGroups"][0]["filters"][0]["value"] == "1772452800123"
    assert "after" not in asked
    contact = {"id": "51", "properties": {"lastmodifieddate": "2026-03-02T12:00:01.500Z"}}
    answered = {"total": 2, "results": [contact], "paging": {"next": {"after": "200"}}}
    page = read_page(contacts, json.dumps(answered).encode(), NOON)
    assert (page.items[0].id, page.next) == ("51:2026-03-02T12:00:01.500Z", "200")
    assert page.items[0].time == datetime(2026, 3, 2, 12, 0, 1, 500000, tzinfo=UTC)
    after = json.loads(request_for(contacts, "a-secret", Read(NOON, NOON, page="200")).content)
    assert after["after"] == "200"
