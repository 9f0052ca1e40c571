"""Working time: the rep's own hours, zone and days off decide when a minute counts."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.hours import HoursInvalid, NeverWorks, read_calendar

WEEK = {day: ["09:00-12:00", "13:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
BERLIN = read_calendar("Europe/Berlin", WEEK)
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
FRIDAY_LATE = datetime(2026, 1, 9, 15, 58, tzinfo=UTC)  # 16:58 in Berlin


def test_minutes_run_on_at_the_next_opening() -> None:
    assert BERLIN.after(FRIDAY_LATE, 5) == datetime(2026, 1, 12, 8, 3, tzinfo=UTC)
    assert BERLIN.after(datetime(2026, 1, 9, 10, 59, tzinfo=UTC), 5) == datetime(
        2026, 1, 9, 12, 4, tzinfo=UTC
    )


def test_days_off_do_not_count_and_are_days_where_the_rep_is() -> None:
    calendar = read_calendar("Europe/Berlin", WEEK, [(date(2026, 1, 12), date(2026, 1, 13))])
    assert calendar.after(FRIDAY_LATE, 5) == datetime(2026, 1, 14, 8, 3, tzinfo=UTC)
    assert calendar.away(datetime(2026, 1, 11, 23, 30, tzinfo=UTC))
    assert not calendar.away(datetime(2026, 1, 13, 23, 30, tzinfo=UTC))


def test_nine_stays_nine_when_the_clocks_change() -> None:
    before, after = datetime(2026, 3, 27, 7, tzinfo=UTC), datetime(2026, 3, 30, 6, tzinfo=UTC)
    assert BERLIN.opens(before) == datetime(2026, 3, 27, 8, tzinfo=UTC)
    assert BERLIN.opens(after) == datetime(2026, 3, 30, 7, tzinfo=UTC)


def test_no_hours_mean_always_and_no_working_day_is_said() -> None:
    always = read_calendar("UTC", {})
    assert always.working(FRIDAY_LATE)
    assert always.after(FRIDAY_LATE, 3000) == FRIDAY_LATE + timedelta(minutes=3000)
    never = read_calendar("UTC", {}, [(date(2025, 1, 1), date(2029, 1, 1))])
    with pytest.raises(NeverWorks):
        never.opens(FRIDAY_LATE)


@pytest.mark.parametrize(
    ("zone", "week", "said"),
    [
        ("Mars/Olympus", WEEK, "no time zone"),
        ("UTC", {"monday": ["09:00-17:00"]}, "no day"),
        ("UTC", {"mon": ["9-17"]}, "09:00-17:00"),
        ("UTC", {"mon": ["17:00-09:00"]}, "does not end"),
        ("UTC", {"mon": ["09:00-12:00", "11:00-13:00"]}, "overlap"),
    ],
)
def test_hours_that_are_not_understood_are_refused(
    zone: str, week: dict[str, list[str]], said: str
) -> None:
    with pytest.raises(HoursInvalid, match=said):
        read_calendar(zone, week)


@given(
    start=st.integers(0, 330 * 1440).map(lambda m: NEW_YEAR + timedelta(minutes=m)),
    minutes=st.integers(0, 4000),
)
def test_the_minutes_between_are_those_that_were_added(start: datetime, minutes: int) -> None:
    end = BERLIN.after(start, minutes)
    assert BERLIN.minutes_between(start, end) == pytest.approx(minutes)
    assert minutes == 0 or BERLIN.working(end - timedelta(microseconds=1))
