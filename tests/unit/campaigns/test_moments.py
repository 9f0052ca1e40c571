"""When waits end, in the lead's own zone, held against reckoning one lead at a time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.campaigns.definitions.sending_hours import SendingHours
from leadflow.campaigns.definitions.spans import Span, read_span
from leadflow.campaigns.definitions.steps import Until
from leadflow.campaigns.interpreter.clock import moment, utc
from leadflow.campaigns.interpreter.moments import Dates, added, open_from, waited_until
from leadflow.campaigns.interpreter.zones import Moments, Zones

PLACES = (("Europe/Berlin",), ("America/New_York",), ("Asia/Kolkata",), ("Australia/Lord_Howe",))
# Around the days on which clocks are put forward and back, too.
MOMENTS = st.integers(0, 366 * 24 * 60).map(
    lambda minute: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
)


def zones(*numbers: int) -> Zones:
    return Zones(PLACES, np.array(numbers, dtype=np.int64))


def arrays(*moments: datetime) -> Moments:
    return np.array([utc(one) for one in moments], dtype="datetime64[us]")


def local(text: str, zone: str = "Europe/Berlin") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def one(moments: Moments) -> datetime:
    return moment(moments[0])


@pytest.mark.parametrize(
    ("anchor", "span", "ends"),
    [
        ("2026-03-06 17:50", "P2D", "2026-03-08 17:50"),
        # Clocks go forward on the 29th: the day has 23 hours, and the hour of it stays.
        ("2026-03-28 17:50", "P1D", "2026-03-29 17:50"),
        ("2026-03-28 17:50", "PT24H", "2026-03-29 18:50"),
        # There is no 02:30 on that day.
        ("2026-03-28 02:30", "P1D", "2026-03-29 03:00"),
        # And two of them in October: the first counts.
        ("2026-10-24 02:30", "P1D", "2026-10-25 02:30"),
        ("2026-01-31 09:00", "P1M", "2026-02-28 09:00"),
        ("2028-01-31 09:00", "P1M", "2028-02-29 09:00"),
        ("2026-11-30 09:00", "P3M", "2027-02-28 09:00"),
        ("2026-12-31 09:00", "P1M1DT2H", "2027-02-01 11:00"),
    ],
)
def test_days_are_those_of_a_calendar_and_hours_those_of_a_clock(
    anchor: str, span: str, ends: str
) -> None:
    assert one(added(arrays(local(anchor)), read_span(span), zones(0))) == local(ends)


@given(st.lists(st.tuples(MOMENTS, st.integers(0, 3)), min_size=1, max_size=20), st.integers(1, 60))
def test_many_leads_at_once_are_each_reckoned_as_one(
    rows: list[tuple[datetime, int]], days: int
) -> None:
    moments, places = zip(*rows, strict=True)
    together = added(arrays(*moments), Span(days=days), zones(*places))
    for number, (at, place) in enumerate(rows):
        assert together[number] == added(arrays(at), Span(days=days), zones(place))[0]
        wall = at.astimezone(ZoneInfo(PLACES[place][0])).replace(tzinfo=None)
        wall += timedelta(days=days)
        then = moment(together[number]).astimezone(ZoneInfo(PLACES[place][0]))
        # Where a clock skips the hour it is the end of the gap.
        assert timedelta(0) <= then.replace(tzinfo=None) - wall <= timedelta(hours=1)


@pytest.mark.parametrize(
    ("anchor", "until", "ends"),
    [
        ("2026-03-06 17:50", {"weekdays": ["mon"], "at": "09:30"}, "2026-03-09 09:30"),
        ("2026-03-09 09:30", {"weekdays": ["mon"], "at": "09:30"}, "2026-03-09 09:30"),
        ("2026-03-09 09:31", {"weekdays": ["mon"], "at": "09:30"}, "2026-03-16 09:30"),
        ("2026-03-09 09:31", {"weekdays": ["mon", "wed"], "at": "09:30"}, "2026-03-11 09:30"),
        ("2026-03-06 17:50", {"date": "2026-12-01", "at": "08:00"}, "2026-12-01 08:00"),
        ("2026-12-06 17:50", {"date": "2026-12-01", "at": "08:00"}, "2026-12-06 17:50"),
    ],
)
def test_a_day_is_waited_for_where_the_lead_is(
    anchor: str, until: dict[str, object], ends: str
) -> None:
    said = Until.model_validate(until)
    assert one(waited_until(said, arrays(local(anchor)), None, zones(0))) == local(ends)


def test_a_date_of_the_lead_is_waited_for_before_or_after_it() -> None:
    said = Until.model_validate({"field": "attributes.ends", "before": "P3D", "at": "09:00"})
    never = np.full(3, np.datetime64("NaT", "us"))
    moments = np.append(arrays(datetime(2026, 5, 20, tzinfo=UTC)), never[:2])
    moments[2] = utc(local("2026-05-20 18:00"))
    known = Dates(moments, np.array([True, False, False]), never)
    anchors = arrays(*[local("2026-05-01 12:00")] * 3)
    found = waited_until(said, anchors, known, zones(1, 0, 0))
    # A whole day is that of New York; a moment is on its day in Berlin.
    assert moment(found[0]) == local("2026-05-17 09:00", "America/New_York")
    assert np.isnat(found[1])
    assert moment(found[2]) == local("2026-05-17 09:00")


WORK = SendingHours((((540, 1020),),) * 5 + ((),) * 2)


@pytest.mark.parametrize(
    ("at", "place", "opens"),
    [
        ("2026-03-06 16:59", 0, "2026-03-06 16:59"),
        ("2026-03-06 17:00", 0, "2026-03-09 09:00"),
        ("2026-03-06 08:59", 0, "2026-03-06 09:00"),
        ("2026-03-08 23:00", 0, "2026-03-09 09:00"),
    ],
)
def test_something_is_sent_in_open_hours_alone(at: str, place: int, opens: str) -> None:
    assert one(open_from(WORK, arrays(local(at)), zones(place))) == local(opens)


@given(MOMENTS, st.lists(st.integers(0, 3), min_size=1, max_size=2, unique=True))
def test_hours_are_open_in_every_zone_a_lead_may_be_in_and_none_before_is(
    at: datetime, numbers: list[int]
) -> None:
    places = tuple(PLACES[number][0] for number in numbers)
    wide = SendingHours((((420, 1320),),) * 7)
    there = Zones((places,), np.zeros(1, dtype=np.int64))
    opens = open_from(wide, arrays(at), there)
    if np.isnat(opens[0]):
        assert len(places) == 2
        return
    found = one(opens)

    def is_open(then: datetime) -> bool:
        walls = [then.astimezone(ZoneInfo(zone)) for zone in places]
        return all(420 <= wall.hour * 60 + wall.minute < 1320 for wall in walls)

    assert is_open(found)
    minutes = (found - at) // timedelta(minutes=15)
    assert not any(is_open(at + timedelta(minutes=15 * ahead)) for ahead in range(minutes))


def test_where_no_hour_fits_all_zones_there_is_no_moment() -> None:
    noon = SendingHours((((720, 780),),) * 7)
    there = Zones((("Europe/Berlin", "America/New_York"),), np.zeros(1, dtype=np.int64))
    assert np.isnat(open_from(noon, arrays(local("2026-03-06 12:00")), there))[0]
