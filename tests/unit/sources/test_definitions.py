"""A source that cannot be used is refused with everything that is wrong, and where."""

from pathlib import Path
from typing import Any

import pytest

from leadflow.sources.definitions import SourcesInvalid, load_sources, parse_sources

GOOD: dict[str, Any] = {"scheme": "token", "mapping": {"key": "id"}}


def problems(**changes: Any) -> dict[str, str]:
    with pytest.raises(SourcesInvalid) as caught:
        parse_sources({"sources": {"crm": GOOD | changes}})
    return {found.place: found.problem for found in caught.value.problems}


def test_a_source_says_the_same_after_it_was_stored() -> None:
    source = parse_sources({"sources": {"crm": GOOD | {"only": "kind == 'x'"}}})["crm"]
    again = parse_sources({"sources": {"crm": source.content}})["crm"]
    assert (again, again.content_hash) == (source, source.content_hash)


def test_every_path_that_cannot_be_read_is_named() -> None:
    found = problems(
        records="data[",
        only="nosuch(x)",
        events=[{"type": "meeting", "each": "a..b"}],
        mapping={"key": "id", "fields": {"email": "a b"}},
    )
    assert set(found) == {
        "sources.crm.records",
        "sources.crm.only",
        "sources.crm.events[0].each",
        "sources.crm.mapping.fields.email",
    }
    assert "there is no function nosuch()" in found["sources.crm.only"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"scheme": "hmac"}, "signature.header"),
        ({"scheme": "hubspot", "signature": {"header": "X"}}, "hubspot says how it signs"),
        ({"mapping": {"key": "row"}}, "key must lead to an id"),
        ({"mapping": {"fields": {"company_name": "c"}}}, "nothing tells the leads apart"),
        ({"mapping": {"key": "id", "source": "x"}}, "source has no place here"),
        ({"mapping": {"key": "id", "joins": []}}, "joins has no place here"),
        ({"mapping": {"key": "id", "feilds": {}}}, "no such key"),
        ({"recrods": "data"}, "no such key"),
        (
            {
                "mapping": {
                    "key": "id",
                    "outcome": {"column": "stage", "converted": ["won"], "after": "60d"},
                }
            },
            "closed_at || received_at()",
        ),
        ({"zone": "Berlin"}, "no time zone; one is Europe/Berlin"),
        ({"delivery_id": {}}, "either a header or a path"),
        ({"scheme": "carrier pigeon"}, "standard_webhooks"),
        ({"decimal": ";"}, "'.' or ','"),
    ],
)
def test_what_is_wrong_is_said(changes: dict[str, Any], said: str) -> None:
    assert any(said in problem for problem in problems(**changes).values())


def test_a_name_that_could_be_no_address_is_refused() -> None:
    with pytest.raises(SourcesInvalid, match="begins with a letter"):
        parse_sources({"sources": {"My CRM": GOOD}})


@pytest.mark.parametrize("text", ["", "sources:", "a: [1,\nb: }", "sources: []", "- 1"])
def test_a_file_that_is_none_is_refused_in_words(text: str, tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text(text)
    with pytest.raises(SourcesInvalid) as caught:
        load_sources(path)
    assert "pydantic" not in str(caught.value)


def test_words_of_yaml_stay_texts(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text(
        "sources:\n  crm:\n    scheme: token\n    mapping:\n      key: id\n"
        "      fields: {email: {column: email, values: {yes: no, 007: 7}}}\n"
    )
    values = load_sources(path)["crm"].mapping["fields"]["email"]["values"]
    assert values == {"yes": "no", "007": "7"}
