"""How numbers are written is found in the file, or asked for; never guessed."""

import pytest

from leadflow.leads.files.decimal_marks import decimal_mark, with_decimal_mark
from leadflow.leads.files.formats.tables_of_text import Row
from leadflow.leads.files.mapping import Mapping, MappingError, parse_mapping


def mapping(**csv: str) -> Mapping:
    return parse_mapping({"source": "shop", "key": "id", "fields": {"budget": "sum"}, "csv": csv})


def rows(*sums: str) -> list[Row]:
    return [{"id": str(n), "sum": one, "note": "7,5"} for n, one in enumerate(sums)]


@pytest.mark.parametrize(
    ("values", "mark"),
    [
        (["5.000", "1.234,50 €"], ","),
        (["5.000", "12,5"], ","),
        (["5.000", "12.5"], "."),
        (["5.000", "0.125"], "."),
        (["£5,000.00"], "."),
        (["5.000", "12.000", None], "unsure"),
        (["12,50", "3.25", "5.000"], "unsure"),
        (["12,50", "13,50", "3.25", "5,000"], "unsure"),
        (["12,50", "13,50", "3.25"], ","),
        (["500", "Acme", None], None),
        (["1,500"], None),
    ],
)
def test_the_mark_is_what_most_numbers_show(values: list[str | None], mark: str | None) -> None:
    assert decimal_mark(values) == mark


def test_what_is_found_is_said_and_no_row_is_lost() -> None:
    given = rows("5.000", "12,50", "3")
    found, left = with_decimal_mark(mapping(), iter(given))
    assert found.csv.decimal == ","
    assert list(left) == given


def test_what_can_be_read_either_way_is_asked_for() -> None:
    with pytest.raises(MappingError, match="five or five thousand"):
        with_decimal_mark(mapping(), iter(rows("5.000", "12.000")))
    # Only numbers tell, and whoever says it is believed.
    for mark in (".", ","):
        found, _ = with_decimal_mark(mapping(decimal=mark), iter(rows("5.000")))
        assert found.csv.decimal == mark
