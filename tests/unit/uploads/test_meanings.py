"""What somebody chooses from lists for the columns of a file becomes its mapping, and nothing that
was said besides is lost."""

from typing import Any

import pytest

from leadflow.leads.files.mapping import Mapping, MappingInvalid, parse_mapping
from leadflow.uploads.meanings import (
    CHOICES,
    SEVERAL,
    Chosen,
    as_chosen,
    days_after,
    meaning_of,
    missing_of,
)

COLUMNS = ["Id", "Mail", "Size", "Plan", "Came", "Stage", "Closed", "Sum"]
CONTENT: dict[str, Any] = {
    "source": "crm",
    "key": "Id",
    "created_at": {"column": "Came", "format": "%d.%m.%Y"},
    "fields": {"email": "Mail", "company_size": {"column": "Size", "missing": ["-1"]}},
    "attributes": {"plan": {"column": "Plan", "kind": "categorical", "label": "Their plan"}},
    "outcome": {
        "column": "Stage",
        "converted": ["Won"],
        "lost": ["Lost"],
        "at": "Closed",
        "after": "36h",
        "value": "Sum",
        "currency": "EUR",
    },
}
FEW = {"Stage": ["Won", "Lost", "Parked", "New"], "Plan": ["Pro", "yes"]}
SAMPLES = {"Came": ["31.12.2025"], "Closed": ["2026-01-31"], "Size": ["5"]}


def mapping() -> Mapping:
    return parse_mapping(CONTENT)


def chosen(columns: dict[str, str] | None = None, **said: Any) -> Mapping:
    said = {"after": 2} | said
    wanted = Chosen(columns or {}, **said)
    return parse_mapping(as_chosen(mapping(), COLUMNS, wanted, FEW, SAMPLES))


def test_what_is_not_changed_stays_as_it_was_said() -> None:
    shown = {column: meaning_of(mapping(), column) for column in COLUMNS}
    assert set(shown.values()) <= CHOICES
    same = chosen(shown, ends={"Won": "converted", "Lost": "lost"})
    before = mapping()
    assert same.fields == before.fields
    assert same.attributes == before.attributes
    assert same.created_at == before.created_at
    assert same.outcome is not None
    assert before.outcome is not None
    assert same.outcome.model_copy(update={"open": ()}) == before.outcome
    assert days_after(before) == 2


def test_a_column_takes_another_meaning_and_gives_up_its_own() -> None:
    made = chosen({"Mail": "", "Size": "attributes.numeric", "Plan": "fields.industry"})
    assert made.ignore == {"Mail": "Left out by hand."}
    assert {name: one.column for name, one in made.fields.items()} == {"industry": "Plan"}
    assert (made.attributes["size"].column, made.attributes["size"].kind) == ("Size", "numeric")


def test_two_columns_change_places() -> None:
    made = chosen({"Came": "outcome.at", "Closed": "created_at"})
    assert made.created_at is not None
    assert (made.created_at.column, made.created_at.format) == ("Closed", None)
    assert made.outcome is not None
    assert made.outcome.at is not None
    assert (made.outcome.at.column, made.outcome.at.format) == ("Came", "%d.%m.%Y")


def test_an_attribute_of_another_kind_keeps_its_name_and_label() -> None:
    made = chosen({"Plan": "attributes.text"})
    assert (made.attributes["plan"].kind, made.attributes["plan"].label) == ("text", "Their plan")


def test_what_each_end_means_is_said_and_what_is_not_said_is_as_usual() -> None:
    made = chosen(ends={"Won": "lost", "Parked": "converted"}).outcome
    assert made is not None
    assert (made.converted, made.lost, made.open) == (("Parked",), ("Lost", "Won"), ("New",))


def test_without_an_id_and_an_address_a_lead_is_known_by_its_row() -> None:
    assert chosen({"Id": "", "Mail": ""}).key == "row"
    assert chosen({"Id": ""}).key is None


def test_how_dates_and_numbers_are_written_is_said() -> None:
    made = chosen(formats={"Came": "%m/%d/%Y", "Closed": ""}, decimal=",", encoding="utf-8")
    assert made.created_at is not None
    assert made.created_at.format == "%m/%d/%Y"
    assert (made.csv.decimal, made.csv.encoding) == (",", "utf-8")
    assert chosen().csv.decimal is None


@pytest.mark.parametrize(
    ("columns", "said", "words"),
    [
        ({"Plan": "fields.email"}, {}, "Mail, Plan: Only one column can be this"),
        ({"Stage": ""}, {}, "Closed, Sum: This is of how a lead ended"),
        ({"Closed": ""}, {"after": None}, "No column says when a lead ended"),
        ({"Plan": "fields.nothing"}, {}, "Plan: Choose a meaning"),
    ],
)
def test_what_contradicts_itself_is_refused(
    columns: dict[str, str], said: dict[str, Any], words: str
) -> None:
    with pytest.raises(MappingInvalid, match=words):
        chosen(columns, **said)


def test_a_column_of_several_meanings_is_left_as_it_is() -> None:
    both = parse_mapping(CONTENT | {"key": "Mail"})
    assert meaning_of(both, "Mail") == SEVERAL
    made = as_chosen(both, COLUMNS, Chosen({"Mail": SEVERAL}, after=2), FEW, SAMPLES)
    assert (made["key"], made["fields"]["email"]["column"]) == ("Mail", "Mail")


def test_words_that_stand_for_nothing_are_said_and_others_stay() -> None:
    made = chosen(missing={"Size": ["-", "999"], "Closed": ["open"], "Stage": ["x"]})
    assert made.fields["company_size"].missing == ("-", "999")
    assert made.outcome is not None
    assert made.outcome.at is not None
    assert made.outcome.at.missing == ("open",)
    assert chosen({"Size": "attributes.numeric"}).attributes["size"].missing == ("-1",)
    assert chosen().fields["company_size"].missing == ("-1",)
    assert missing_of(mapping(), "Size") == ("-1",)
    assert missing_of(mapping(), "Id") is None
