"""A campaign that is closed on public holidays sends nothing on those of any place of a lead."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.campaigns.definitions.program import Program
from leadflow.campaigns.definitions.sending_hours import SendingHours, hours_of
from leadflow.campaigns.interpreter.clock import moment, utc
from leadflow.campaigns.interpreter.moments import open_from
from leadflow.campaigns.interpreter.zones import Days, Zones
from leadflow.campaigns.places.placing import all_in, placed
from leadflow.campaigns.places.public_holidays import public_holidays
from leadflow.campaigns.places.whereabouts import Known, Place
from tests.unit.campaigns.test_moments import MOMENTS, arrays, local
from tests.unit.campaigns.written import program

NOW = local("2026-05-01 12:00")
CLOSED = program([{"step": "hello", "send": "hello"}], holidays="closed")
OPEN = program([{"step": "hello", "send": "hello"}])
DAYS: Days = np.array(["2026-04-03", "2026-04-06", "2026-05-01"], dtype="datetime64[D]")
WORK = SendingHours((((540, 1020),),) * 5 + ((),) * 2)


def opens(at: str, *known: Known, of: Program = CLOSED, zone: str = "Europe/Berlin") -> list[str]:
    zones = placed(known, of.campaign, NOW)
    found = open_from(hours_of(of.campaign), arrays(*[local(at, zone)] * len(known)), zones)
    return [f"{moment(one).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" for one in found]


def test_a_holiday_of_the_region_is_waited_out_where_the_lead_is() -> None:
    bavarian, berliner, nowhere = Known("DE", "BY"), Known("DE", "BE"), Known()
    corpus_christi = "2026-06-04 10:00"
    assert opens(corpus_christi, bavarian, berliner, nowhere) == [
        "2026-06-05 00:00",
        "2026-06-04 10:00",
        "2026-06-04 10:00",
    ]
    assert opens(corpus_christi, bavarian, of=OPEN) == [corpus_christi]


def test_where_only_the_country_is_known_the_holidays_of_any_region_count() -> None:
    assert opens("2026-06-04 10:00", Known("DE")) == ["2026-06-05 00:00"]
    assert date(2026, 6, 4) in public_holidays("DE", None, range(2026, 2027))
    # Those of towns and of territories that are countries of their own do not.
    assert date(2026, 7, 21) not in public_holidays("FR", None, range(2026, 2027))
    assert date(2026, 12, 7) not in public_holidays("IT", None, range(2026, 2027))
    assert public_holidays("XX", None, range(2026, 2027)) == {}


def test_a_day_that_is_off_in_one_of_two_places_is_off() -> None:
    paris = Known(location="Paris")  # In France or in Texas.
    assert opens("2026-07-14 12:00", paris, zone="Europe/Paris") == ["2026-07-15 00:00"]
    # There, the third of July is the day off, and still is while it is Saturday in France.
    assert opens("2026-07-04 05:00", paris, zone="Europe/Paris") == ["2026-07-05 07:00"]


def test_days_off_are_those_of_the_zone_s_own_country() -> None:
    places = (Place("FR", None, "Europe/Paris"), Place("US", "TX", "America/Chicago"))
    zones = all_in(places, "closed", 2026)
    french, texan = zones.days_off[0]
    assert np.datetime64("2026-07-14") in french
    assert np.datetime64("2026-07-14") not in texan


def test_leads_of_the_same_hours_and_days_off_are_one_to_the_interpreter() -> None:
    known = [Known("DE", "BY"), Known("DE", "BE"), Known("AT"), Known()]
    assert len(placed(known, OPEN.campaign, NOW).places) <= 2
    closed = placed([*known, Known("DE", "BY", "München")], CLOSED.campaign, NOW)
    assert closed.of.tolist() == [0, 1, 2, 3, 0]


@given(MOMENTS, st.sampled_from(["Europe/Berlin", "America/New_York"]))
def test_it_opens_in_the_first_minute_that_is_open_and_on_no_day_off(
    at: datetime, zone: str
) -> None:
    zones = Zones(((zone,),), np.zeros(1, dtype=np.int64), ((DAYS,),))
    found = moment(open_from(WORK, arrays(at), zones)[0])

    def is_open(then: datetime) -> bool:
        wall = then.astimezone(ZoneInfo(zone))
        return wall.weekday() < 5 and 9 <= wall.hour < 17 and np.datetime64(wall.date()) not in DAYS

    assert is_open(found)
    quarters = (found - at) // timedelta(minutes=15)
    assert not any(is_open(at + timedelta(minutes=15 * ahead)) for ahead in range(quarters))


@pytest.mark.filterwarnings("error")
def test_where_every_open_day_is_off_there_is_no_moment() -> None:
    sundays = SendingHours(((),) * 6 + (((540, 1020),),))
    days = np.arange("2026-01-04", "2027-12-31", 7, dtype="datetime64[D]")
    for places in (("Europe/Berlin",), ("Europe/Berlin", "Europe/Lisbon")):
        zones = Zones((places,), np.zeros(2, dtype=np.int64), ((days,) * len(places),))
        assert np.isnat(open_from(sundays, np.full(2, utc(NOW)), zones)).all()


@pytest.mark.parametrize(
    ("place", "sent"),
    [
        ({"place": {"country": "DE", "region": "BY"}}, "2026-06-05 00:00"),
        ({"country": "DE"}, "2026-06-05 00:00"),
        ({"zones": ["Europe/Berlin"], "country": "DE"}, "2026-06-05 00:00"),
        ({"zones": ["Europe/Berlin"]}, "2026-06-04 10:00"),
        ({"country": "JP"}, "2026-06-04 10:00"),
    ],
)
def test_a_scenario_says_where_its_lead_is(place: dict[str, Any], sent: str) -> None:
    from leadflow.campaigns.scenarios.coverage import tried
    from leadflow.campaigns.scenarios.reading import read_scenarios

    said = {
        "name": "a",
        "campaign": "series",
        "enters": "2026-06-04 10:00",
        "expect": [{"at": sent, "sends": "hello"}, {"at": sent, "ends": "finished"}],
        **place,
    }
    scenarios = read_scenarios({"scenarios": [said]}, {"series": CLOSED})
    assert tried(CLOSED, scenarios).ran[0].differences() == []
