"""A working day on a real store: who is told what while a bulk of leads is worked."""

import pytest
from sqlalchemy import Engine

from benchmarks.assignment_day import work_a_day
from leadflow.settings import get_settings

pytestmark = pytest.mark.uncounted


def test_while_a_bulk_is_worked_no_hot_arrival_waits_beyond_its_promise_and_nobody_is_nagged(
    store: Engine,
) -> None:
    settings = get_settings()
    day = work_a_day(store, settings, people=6, bulk=70, an_hour=6, hours=2)
    assert len(day.waits) == 12
    assert max(day.waits) <= settings.sla_hot_minutes
    assert (day.late, day.untouched, day.above, day.passed_on) == (0, 0, 0, 0)
    assert set(day.told) <= {"assigned", "reminded"}


@pytest.mark.long
def test_leads_of_somebody_who_does_nothing_go_to_colleagues_one_after_the_other(
    store: Engine,
) -> None:
    settings = get_settings()
    day = work_a_day(store, settings, people=6, bulk=70, an_hour=6, hours=2, asleep=1)
    assert max(day.waits) <= 2 * settings.sla_hot_minutes + 1
    assert day.above == 0
    assert 10 <= day.passed_on <= 120 / settings.minutes_each
    assert day.told["offered"] == 0


@pytest.mark.long
def test_twenty_people_work_nine_hundred_leads_of_a_morning_and_those_that_come(
    store: Engine,
) -> None:
    settings = get_settings()
    day = work_a_day(store, settings)
    assert max(day.waits) <= settings.sla_hot_minutes
    assert (day.late, day.untouched, day.above, day.passed_on) == (0, 0, 0, 0)
    assert set(day.told) <= {"assigned", "reminded"}
