"""How dates are written is found out from the dates, and said to be unsure where it is."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.leads.files.proposing.date_formats import FORMATS, how_written

DAYS = [datetime(2024, month, day, 17, 5) for month in range(1, 13) for day in (3, 14, 28)]  # noqa: DTZ001


@pytest.mark.parametrize("form", [*FORMATS, "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"])
def test_each_way_of_writing_dates_is_recognised(form: str) -> None:
    written = how_written([day.strftime(form) for day in DAYS])
    assert written is not None
    assert written.format == (None if form.startswith("%Y-") else form)
    assert not written.unsure
    assert written.unreadable == ()
    assert written.latest.date() == max(DAYS).date()


def test_day_and_month_that_may_be_either_way_round_are_said_to_be_unsure() -> None:
    written = how_written(["03/04/2025", "01/02/2025"])
    assert written is not None
    assert (written.format, written.unsure) == ("%d/%m/%Y", True)
    written = how_written(["03/04/2025", "01/22/2025"])
    assert written is not None
    assert (written.format, written.unsure) == ("%m/%d/%Y", False)


def test_the_few_that_are_no_dates_are_named() -> None:
    written = how_written([*(f"{day:%Y-%m-%d}" for day in DAYS), "0000-00-00", "2025-02-30", "TBD"])
    assert written is not None
    assert written.unreadable == ("0000-00-00", "2025-02-30", "TBD")
    assert written.latest == datetime(2024, 12, 28, tzinfo=UTC)


@pytest.mark.parametrize(
    "values",
    [[], ["12.5", "13.2"], ["20250101", "20250102"], ["1.2.3"], ["May"], ["1/2"], ["10:30"]],
)
def test_what_is_no_date_is_not_taken_for_one(values: list[str]) -> None:
    assert how_written(values) is None


@given(st.lists(st.text(max_size=12), max_size=20))
def test_any_values_are_looked_at_without_harm(values: list[str]) -> None:
    written = how_written(values)
    assert written is None or set(written.unreadable) <= set(values)
