"""A mapping that cannot be used says which key, which column, and what to do."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from leadflow.leads.files.date_forms import check_forms
from leadflow.leads.files.formats.tables_of_text import Row
from leadflow.leads.files.mapping import (
    Mapping,
    MappingError,
    check_columns,
    load_mapping,
    parse_mapping,
)

EXAMPLES = Path(__file__).parents[3] / "examples" / "mappings"
SMALL: dict[str, Any] = {"source": "shop", "key": "id", "fields": {"email": "mail"}}


def test_yaml_is_taken_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(
        "source: shop\nkey: id\n"
        "outcome: {column: y, converted: [yes], lost: [no, 007], after: 14d}\n"
        "created_at: {sequence: {start: 2008-05-01, every: 32m}}\n"
    )
    mapping = load_mapping(path)
    assert mapping.outcome is not None
    assert (mapping.outcome.converted, mapping.outcome.lost) == (("yes",), ("no", "007"))
    assert mapping.outcome.after == timedelta(days=14)
    assert mapping.created_at is not None
    assert mapping.created_at.sequence is not None
    assert mapping.created_at.sequence.start == datetime(2008, 5, 1, tzinfo=UTC)
    assert mapping.created_at.sequence.every == timedelta(minutes=32)
    assert load_mapping(path, source="other").source == "other"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"feilds": {}}, "feilds: there is no such key"),
        ({"fields": {"mail": "mail"}}, "fields.mail"),
        ({"attributes": {"Big Name": {"column": "a", "kind": "numeric"}}}, "attributes.Big Name"),
        ({"attributes": {"size": {"column": "a", "kind": "number"}}}, "attributes.size.kind"),
        ({"attributes": {"size": {"column": "a"}}}, "attributes.size.kind: this is required"),
        (
            {"attributes": {"end": {"column": "a", "kind": "numeric", "format": "%Y"}}},
            "attributes.end: only an attribute of kind date has a format",
        ),
        (
            {"attributes": {"note": {"column": "a", "kind": "categorical", "use": "words"}}},
            "attributes.note: only an attribute of kind text has a use",
        ),
        (
            {"attributes": {"plan": {"column": "a", "kind": "categorical", "direction": "up"}}},
            "attributes.plan: only an attribute of kind numeric, boolean or date has a direction",
        ),
        (
            {"attributes": {"note": {"column": "a", "kind": "text", "use": "meaning"}}},
            "attributes.note.use",
        ),
        ({"outcome": {"column": "y", "converted": ["1"]}}, "say when a lead ended"),
        (
            {"outcome": {"column": "y", "converted": ["Won"], "lost": ["Won "], "after": "9d"}},
            "'Won ' stands under both `converted` and `lost`: leave it under the one",
        ),
        (
            {
                "outcome": {
                    **{"column": "y", "converted": ["1"], "after": "9d"},
                    **{"lost": ["Don't  know"], "open": ["Don\u2019t know"]},
                }
            },
            "stands under both `lost` and `open`: leave it under the one",
        ),
        (
            {"outcome": {"column": "y", "converted": ["1"], "after": "soon"}},
            "outcome.after: write a number and a unit",
        ),
        ({"created_at": {"format": "%Y"}}, "give either a column or a sequence"),
        ({"key": None, "fields": {}}, "nothing tells the leads apart"),
        ({"ignore": {"mail": "private"}}, "fields.email uses the column 'mail'"),
    ],
)
def test_each_mistake_is_named_with_its_key(change: dict[str, Any], said: str) -> None:
    with pytest.raises(MappingError) as error:
        parse_mapping(SMALL | change)
    assert said in str(error.value)


def test_a_missing_column_is_named_with_the_nearest_one() -> None:
    mapping = parse_mapping(SMALL | {"created_at": "since"})
    with pytest.raises(MappingError) as error:
        check_columns(mapping, ["id", "e-mail", "mails", "sinse"])
    assert "fields.email: names the column 'mail', which the file lacks. Did you mean 'mails'?" in (
        str(error.value)
    )
    assert "Did you mean 'sinse'?" in str(error.value)
    with pytest.raises(MappingError, match="Did you mean 'MAIL'"):
        check_columns(mapping, ["id", "MAIL", "since"])


def test_what_is_left_out_may_be_missing_and_is_not_misspelt() -> None:
    mapping = parse_mapping(SMALL | {"ignore": {"Call secnds": "Known only after the call."}})
    there = [column for _, column in mapping.named_columns()]
    check_columns(mapping, there)
    with pytest.raises(MappingError, match="ignore: the file has no column 'Call secnds'"):
        check_columns(mapping, [*there, "Call seconds"])


@pytest.mark.parametrize(
    ("form", "said"), [("%d.%m.%Y", "They look like %m/%d/%Y"), ("%m/%d/%Y", None)]
)
def test_a_form_that_none_of_the_dates_has_is_refused(form: str, said: str | None) -> None:
    mapping = parse_mapping(SMALL | {"created_at": {"column": "since", "format": form}})
    rows: list[Row] = [{"since": f"1/{day}/2026"} for day in range(1, 31)]
    check_forms(mapping, [{"since": None}, {"since": "n/a"}])
    if said is None:
        check_forms(mapping, [*rows, {"since": "31.12.2025"}])
        return
    with pytest.raises(MappingError, match=r"created_at\.format: .* fits none of the 30") as error:
        check_forms(mapping, rows)
    assert said in str(error.value)


def test_a_file_that_is_no_mapping_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    with pytest.raises(MappingError, match="cannot be read"):
        load_mapping(path)
    path.write_text("a: [")
    with pytest.raises(MappingError, match="not YAML"):
        load_mapping(path)
    path.write_text("")
    with pytest.raises(MappingError, match="is empty"):
        load_mapping(path)


def test_equal_mappings_are_equal_however_they_are_written() -> None:
    other = {"fields": {"email": {"column": "mail"}}, "key": "id", "source": "shop"}
    assert parse_mapping(SMALL).canonical() == parse_mapping(other).canonical()
    assert parse_mapping(SMALL | {"source": "x"}).canonical() != parse_mapping(SMALL).canonical()


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_examples_are_mappings(path: Path) -> None:
    assert isinstance(load_mapping(path), Mapping)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_mapping_kept_with_an_import_is_read_back_as_it_was(path: Path) -> None:
    mapping = load_mapping(path)
    assert parse_mapping(json.loads(mapping.canonical())) == mapping
