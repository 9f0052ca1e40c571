"""Who is new or just back is not flooded."""

from datetime import UTC, date, datetime, timedelta

import pytest

from leadflow.assignment.snapshots import RepSnapshot
from leadflow.assignment.team.ramp import share_today
from leadflow.hours import read_calendar

WEEK = {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)


def days(first: str, last: str) -> tuple[date, date]:
    return date.fromisoformat(first), date.fromisoformat(last)


def shares(*absences: tuple[date, date], week: dict[str, list[str]] = WEEK) -> list[float]:
    """The shares of the eight days from that Monday on."""
    calendar = read_calendar("UTC", week, absences)
    return [share_today(1.0, None, calendar, MONDAY + timedelta(days=day)) for day in range(8)]


def test_the_ramp_ends_after_its_last_day_where_the_salesperson_is() -> None:
    tokyo = read_calendar("Asia/Tokyo", WEEK)
    evening = datetime(2026, 3, 2, 16, tzinfo=UTC)  # already the 3rd in Tokyo
    assert share_today(0.4, date(2026, 3, 2), tokyo, evening) == 1.0
    assert share_today(0.4, date(2026, 3, 3), tokyo, evening) == 0.4
    assert share_today(0.4, None, tokyo, evening) == 0.4


def test_the_first_three_working_days_back_bring_a_quarter_a_half_and_three_quarters() -> None:
    assert shares(days("2026-02-23", "2026-02-27"))[:5] == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert shares(days("2026-02-25", "2026-03-04"))[3:] == [0.25, 0.5, 0.75, 0.75, 0.75]


def test_a_few_days_off_change_nothing() -> None:
    assert shares(days("2026-02-24", "2026-02-27")) == [1.0] * 8


def test_days_off_around_a_weekend_are_one_absence() -> None:
    split = shares(days("2026-02-19", "2026-02-20"), days("2026-02-23", "2026-02-25"))
    assert split[:3] == [0.75, 1.0, 1.0]


def test_one_more_day_off_after_a_long_absence_does_not_end_the_way_back() -> None:
    again = shares(days("2026-02-16", "2026-02-27"), days("2026-03-03", "2026-03-03"))
    assert (again[0], again[2], again[3]) == (0.25, 0.5, 0.75)


def test_both_reasons_count_together() -> None:
    calendar = read_calendar("UTC", WEEK, [days("2026-02-23", "2026-02-27")])
    assert share_today(0.5, None, calendar, MONDAY) == 0.125


def test_someone_whose_week_has_no_working_day_is_no_trouble() -> None:
    assert shares(days("2026-02-01", "2026-02-27"), week={"mon": []}) == [0.25] * 8


@pytest.mark.parametrize(
    ("capacity", "share", "limit"),
    [(None, 0.5, None), (0, 0.5, 0), (1, 0.25, 1), (100, 0.29, 29), (10, 0.25, 2), (7, 1.0, 7)],
)
def test_the_limit_is_the_share_of_the_capacity_and_at_least_one(
    capacity: int | None, share: float, limit: int | None
) -> None:
    assert RepSnapshot("r", capacity, ramp_share=share).limit == limit
