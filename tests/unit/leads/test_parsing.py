"""A cell means what it says, however it is typed and whatever stands in the other rows."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from leadflow.leads.files.mapping import parse_mapping
from leadflow.leads.files.parsing import Context, parse

if TYPE_CHECKING:
    import pandas as pd

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def parsed(rows: list[dict[str, str | None]], **mapping: Any) -> "pd.DataFrame":
    content = parse_mapping({"source": "shop", "key": "id", **mapping})
    numbered = [{"id": str(number), **row} for number, row in enumerate(rows)]
    return parse(numbered, range(len(rows)), content, Context("file", NOW, "USD"))


def test_a_stage_is_open_however_the_mapping_and_the_file_spell_it() -> None:
    stages = ["Won\u2019t say yet", "In  progress", "New"]
    outcome = {"column": "stage", "converted": ["Won"], "open": stages, "after": "9d"}
    typed = ["Won't say yet", "Won\u2019t say yet", "In progress", "In  progress ", "New", "Won"]
    frame = parsed([{"stage": stage} for stage in typed], outcome=outcome)
    assert list(frame["still_open"]) == [True] * 5 + [False]
    assert not [name for name in frame if "|" in str(name)]


@pytest.mark.parametrize(
    ("form", "finest", "for_ever"),
    [
        (None, "2026-01-31 10:00:00.1234567", "9999-12-31"),
        (None, "2026-01-31T10:00:00.123456789Z", "9999-12-31T00:00:00"),
        ("%d.%m.%Y %H:%M:%S.%f", "31.01.2026 10:00:00.1234567", "31.12.9999 00:00:00.0"),
    ],
)
def test_a_date_is_read_whatever_dates_stand_beside_it(
    form: str | None, finest: str, for_ever: str
) -> None:
    end = {"column": "end", "kind": "date", "format": form}
    read = parsed([{"end": for_ever}, {"end": finest}], attributes={"end": end})
    alone = parsed([{"end": for_ever}], attributes={"end": end})
    assert read["attributes"][0] == alone["attributes"][0] == '{"end": "9999-12-31"}'
    assert read["attributes"][1] == '{"end": "2026-01-31T10:00:00Z"}'
    assert not [name for name in read if "|" in str(name)]


@pytest.mark.parametrize(
    ("budget", "named"),
    [("1E+05", False), ("1e5", False), ("1200", False), ("EUR 1E+05", True), ("£900", True)],
)
def test_only_a_word_or_a_sign_names_a_currency(budget: str, named: bool) -> None:
    frame = parsed([{"sum": budget}], fields={"budget": "sum"})
    assert frame["budget"].notna().all()
    assert list(frame["currency_said"]) == [named]


def test_a_sum_that_would_be_kept_as_another_is_refused_and_no_other_number() -> None:
    sums = ["10.56", "10.50000", "0.30000000000000004", "10.0051", "KWD 1.2345", "0.001", "1e-3"]
    rows: list[dict[str, str | None]] = [
        {"sum": one, "price": one.removeprefix("KWD ")} for one in sums
    ]
    price = {"column": "price", "kind": "numeric"}
    read = parsed(rows, fields={"budget": "sum"}, attributes={"price": price})
    [reason] = [name for name in read if str(name).startswith("budget|")]
    assert "more than two decimals" in str(reason)
    assert list(read[reason]) == [False, False, False, True, True, True, True]
    assert list(read["budget"].notna()) == [True, True, True, False, False, False, False]
    assert read["attributes"][6] == '{"price": 0.001}'
