"""A clock runs only for what can be worked: the queue of one salesperson, and working minutes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.assignment.team.working_time import WorkingTime
from leadflow.assignment.work.queue import Moved, Touch, Waiting, settled
from leadflow.hours import Calendar, read_calendar

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOURS = ["09:00-12:00", "13:00-17:00"]
OFFICE = read_calendar("UTC", {"mon": HOURS, "tue": HOURS})
EACH = 5.0


def at(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


def lead(
    name: str, came: float, start: float | None = None, minutes: float = 5, due: float | None = None
) -> Waiting:
    begins = came if start is None else start
    return Waiting(
        name, at(came), minutes, at(begins), at(begins + minutes if due is None else due)
    )


def times(
    queue: Sequence[Waiting], last: Touch | None = None, calendar: Calendar | None = OFFICE
) -> dict[str, tuple[float, float]]:
    """Where a clock was set later: its new start and end, in minutes from nine."""
    return {
        one.id: ((one.starts_at - NINE).seconds / 60, (one.due_at - NINE).seconds / 60)
        for one in settled(queue, last, calendar, EACH, 0.6)
    }


def test_leads_in_their_places_stay_as_they_are() -> None:
    assert times([lead(str(place), 0, 5 * place) for place in range(30)]) == {}


def test_many_that_came_overnight_are_due_one_after_the_other_in_the_morning() -> None:
    night = [
        Waiting(str(n), NINE - timedelta(hours=12 - n), 5, NINE - timedelta(hours=12 - n), at(5))
        for n in range(4)
    ]
    assert times(night) == {"2": (10, 15), "3": (15, 20)}


def test_a_lead_that_came_by_itself_goes_before_a_bulk_and_moves_it_back() -> None:
    bulk = [lead(f"bulk {place}", 0, 5 * place) for place in range(2, 5)]
    hot = lead("hot", 7)
    # The salesperson has just called the second of the bulk, at 9:05.
    moved = times([*bulk, hot], Touch(at(5), at(10), alone=False))
    assert moved == {"bulk 2": (15, 20), "bulk 3": (20, 25), "bulk 4": (25, 30)}


def test_a_warm_lead_lets_a_hot_bulk_go_first() -> None:
    bulk = [lead(f"bulk {place}", 0, 5 * place) for place in range(1, 30)]
    assert times([*bulk, lead("warm", 2, minutes=240)]) == {}


def test_two_that_come_at_once_get_time_one_after_the_other() -> None:
    assert times([lead("a", 0), lead("b", 1), lead("c", 1)]) == {"c": (10, 15)}


def test_no_clock_waits_for_work_that_should_have_come_later() -> None:
    hot = lead("hot", 7)
    for later in (Touch(at(10), at(15), alone=False), Touch(at(10), None, alone=True)):
        assert times([hot], later) == {}
    before = Touch(at(9.5), at(11), alone=True)
    assert times([hot], before) == {"hot": (14.5, 19.5)}


def test_a_lead_left_out_of_turn_gets_no_more_time() -> None:
    left = lead("left", 0, 10)
    assert times([left], Touch(at(15), at(40), alone=False)) == {}


@given(
    st.lists(
        st.tuples(st.floats(0, 600), st.floats(0, 60), st.sampled_from([5.0, 30.0, 240.0])),
        max_size=12,
    )
)
def test_clocks_are_only_ever_set_later(
    told: list[tuple[float, float, float]],
) -> None:
    queue = [
        lead(str(n), round(came), round(came) + round(more), minutes)
        for n, (came, more, minutes) in enumerate(told)
    ]
    for _ in range(2):
        moved: dict[str, Moved] = {one.id: one for one in settled(queue, None, None, EACH, 0.6)}
        for one in queue:
            if one.id in moved:
                assert moved[one.id].starts_at > one.starts_at
                assert moved[one.id].due_at > one.due_at
                assert moved[one.id].starts_at < moved[one.id].reminder_at < moved[one.id].due_at
        queue = [
            replace(one, starts_at=moved[one.id].starts_at, due_at=moved[one.id].due_at)
            if one.id in moved
            else one
            for one in queue
        ]


@pytest.mark.parametrize("minutes", [0, 1, 179, 180, 181, 419, 420, 421, 839, 3000])
def test_working_time_says_the_moments_that_the_calendar_says(minutes: float) -> None:
    calendar = replace(OFFICE, absences=((date(2026, 3, 9), date(2026, 3, 9)),))
    since = NINE + timedelta(minutes=30)
    time = WorkingTime(calendar, since)
    moment = time.moment(minutes)
    assert moment == calendar.after(since, minutes)
    assert time.minutes(moment) == pytest.approx(calendar.minutes_between(since, moment))


def test_working_time_goes_by_the_clock_for_who_never_works() -> None:
    never = replace(OFFICE, absences=((date(2026, 1, 1), date(2028, 1, 1)),))
    for calendar in (None, never):
        time = WorkingTime(calendar, NINE)
        assert time.moment(90) == at(90)
        assert time.minutes(at(90)) == 90
