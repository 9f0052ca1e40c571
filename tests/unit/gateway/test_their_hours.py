"""When something is due, as somebody reads it who works from nine to five."""

from datetime import UTC, date, datetime, timedelta

import pytest

from leadflow.gateway.console.home.their_hours import (
    REMINDERS,
    due_in_words,
    end_of_today,
    on_a_day,
)
from leadflow.hours import read_calendar

WEEK = {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
BERLIN = read_calendar("Europe/Berlin", WEEK)
# Friday, four in the afternoon in Berlin.
NOW = datetime(2026, 3, 6, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("later", "said"),
    [
        (timedelta(minutes=25), "due in 25 min"),
        (timedelta(seconds=20), "due now"),
        (timedelta(minutes=-5), "overdue by 5 min"),
        (timedelta(hours=-3, minutes=-10), "overdue by 3 h 10 min"),
        (timedelta(hours=3), "due today at 19:00"),
        (timedelta(days=2, hours=18), "due Monday at 10:00"),
        (timedelta(days=-1, hours=-2), "overdue since yesterday at 14:00"),
        (timedelta(days=-4), "overdue since last Monday at 16:00"),
        (timedelta(days=9), None),
    ],
)
def test_time_at_work_is_counted_and_beyond_it_the_hour_is_said(
    later: timedelta, said: str | None
) -> None:
    assert due_in_words(BERLIN, NOW, NOW + later) == said


def test_what_is_due_as_they_begin_again_is_not_due_in_minutes() -> None:
    evening, morning = NOW + timedelta(days=3, hours=5), datetime(2026, 3, 10, 8, 10, tzinfo=UTC)
    assert due_in_words(BERLIN, evening, morning) == "due tomorrow at 9:10"


def test_today_ends_where_they_are() -> None:
    assert end_of_today(BERLIN, NOW) == datetime(2026, 3, 6, 23, tzinfo=UTC)


def test_they_are_reminded_as_they_begin_to_work() -> None:
    monday = datetime(2026, 3, 9, 8, tzinfo=UTC)
    assert {words: when(BERLIN, NOW) for words, when in REMINDERS.items()} == {
        "in an hour": monday,
        "tomorrow": monday,
        "in three days": monday,
        "in a week": monday + timedelta(days=4),
        # Summer time has begun by then, and the day is a Sunday.
        "in a month": datetime(2026, 4, 6, 7, tzinfo=UTC),
    }
    assert on_a_day(BERLIN, date(2026, 3, 8)) == monday


def test_who_never_works_is_reminded_all_the_same() -> None:
    never = read_calendar("UTC", {"mon": []})
    assert REMINDERS["tomorrow"](never, NOW) == datetime(2026, 3, 7, tzinfo=UTC)
