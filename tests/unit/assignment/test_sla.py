"""The clock runs in the working time of whoever has the lead."""

from datetime import UTC, datetime, timedelta

import pytest

from leadflow.assignment.offered import FALLBACK, MANAGER, NEXT_BEST, TEAM_LEAD
from leadflow.assignment.snapshots import RepSnapshot
from leadflow.assignment.team.sla import first_times
from leadflow.assignment.work.escalation_path import EscalationPath, passed_over
from leadflow.hours import read_calendar

OFFICE = read_calendar("UTC", {day: ["09:00-17:00"] for day in ("mon", "tue", "wed")})
EVENING = datetime(2026, 3, 2, 16, 58, tzinfo=UTC)  # a Monday


def test_five_minutes_end_the_next_morning_and_the_reminder_comes_before() -> None:
    due, reminder = first_times(OFFICE, EVENING, 5, 0.6)
    assert due == datetime(2026, 3, 3, 9, 3, tzinfo=UTC)
    assert reminder == datetime(2026, 3, 3, 9, 1, tzinfo=UTC)


def test_without_a_bound_nothing_is_due() -> None:
    assert first_times(OFFICE, EVENING, None, 0.6) == (None, None)


def test_who_has_no_hours_or_never_works_again_goes_by_the_clock() -> None:
    never = read_calendar("UTC", {}, [(EVENING.date(), EVENING.date() + timedelta(days=900))])
    for calendar in (None, never):
        due, _ = first_times(calendar, EVENING, 5, 0.6)
        assert due == EVENING + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("rep", "why"),
    [
        (None, "there is nobody"),
        ("unknown", "there is nobody"),
        ("had", "had it already"),
        ("gone", "is not active"),
        ("free", None),
        ("head", None),
    ],
)
def test_the_chain_passes_over_who_cannot_take_it(rep: str | None, why: str | None) -> None:
    reps = {
        "had": RepSnapshot("had", 5),
        "gone": RepSnapshot("gone", 5, active=False),
        "free": RepSnapshot("free", 5),
        "head": RepSnapshot("head", 0, is_fallback=True),
    }
    assert passed_over(rep, reps, frozenset({"had"}), EVENING) == why


def test_places_above_the_next_best() -> None:
    chain = EscalationPath("lead", "manager", "fallback")
    assert [chain.at(place) for place in (TEAM_LEAD, MANAGER, FALLBACK)] == [
        "lead",
        "manager",
        "fallback",
    ]
    assert NEXT_BEST < TEAM_LEAD < MANAGER < FALLBACK
