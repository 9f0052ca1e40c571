"""The zones and days off of many leads, as the interpreter reckons with them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache

import numpy as np

from leadflow.campaigns.definitions.schemas import Campaign, Holidays
from leadflow.campaigns.interpreter import zones as reckoning
from leadflow.campaigns.places.countries import clock, one_for_each_clock
from leadflow.campaigns.places.public_holidays import public_holidays
from leadflow.campaigns.places.whereabouts import Known, Place, Places, whereabouts

# Holidays are known for so many years before and after the one in which it is asked.
YEARS_BEFORE, YEARS_AFTER = 1, 5


def places_of(known: Known, campaign: Campaign, now: datetime) -> Places:
    """Where a lead of a campaign may be; one of whom nobody can tell is in the campaign's own
    zone."""
    return whereabouts(known, now.year) or (Place(None, None, campaign.zone),)


def written(places: Places) -> list[str]:
    """Places as they are stored: country, region and zone, such as ``DE BY Europe/Berlin``."""
    return [f"{one.country or ''} {one.region or ''} {one.zone}" for one in places]


def read(stored: Sequence[str]) -> Places:
    """Places that were stored."""
    parts = (one.split(" ", 2) for one in stored)
    return tuple(Place(country or None, region or None, zone) for country, region, zone in parts)


def placed(known: Iterable[Known], campaign: Campaign, now: datetime) -> reckoning.Zones:
    """Where the leads of a campaign are, in their order: a lead of whom nobody can tell is in the
    campaign's own zone, and there no day is off.

    What is known of two leads alike is worked out once.
    """
    numbers: dict[Places, int] = {}
    of = [numbers.setdefault(places_of(one, campaign, now), len(numbers)) for one in known]
    return zones_of(list(numbers), of, campaign.holidays, now.year)


def all_in(places: Places, holidays: Holidays, year: int) -> reckoning.Zones:
    """The same for one lead of whom it is known that it is in one of these places."""
    return zones_of([places], [0], holidays, year)


def zones_of(
    sets: Sequence[Places], of: Sequence[int], holidays: Holidays, year: int
) -> reckoning.Zones:
    """Zones and days off of leads that may be in these sets of places; ``of``: the number of each
    lead's. Sets that come to the same zones and days off are one to the interpreter."""
    closed = holidays == "closed"
    found: dict[tuple[tuple[str, ...], tuple[Regions, ...]], int] = {}
    numbers = [found.setdefault(_reckoned(one, year, closed), len(found)) for one in sets]
    days_off = [
        tuple(_days(regions, year) for regions in regions_of_zones) for _, regions_of_zones in found
    ]
    return reckoning.Zones(
        places=[zones for zones, _ in found],
        of=np.array(numbers, dtype=np.int64)[np.array(of, dtype=np.int64)],
        days_off=days_off if any(days.size for one in days_off for days in one) else (),
    )


Regions = frozenset[tuple[str, str | None]]


def _reckoned(
    places: Places, year: int, closed: bool
) -> tuple[tuple[str, ...], tuple[Regions, ...]]:
    """The zones of a set of places, and the regions whose holidays count in each of them."""
    zones = one_for_each_clock((one.zone for one in places), year)
    regions = tuple(
        frozenset(
            (one.country, one.region)
            for one in places
            if closed and one.country is not None and clock(one.zone, year) == clock(zone, year)
        )
        for zone in zones
    )
    return zones, regions


@lru_cache(maxsize=4096)
def _days(regions: Regions, year: int) -> reckoning.Days:
    """Every day that is a public holiday in any of these regions, in order."""
    years = range(year - YEARS_BEFORE, year + YEARS_AFTER + 1)
    days = {day for country, region in regions for day in public_holidays(country, region, years)}
    return np.array(sorted(days), dtype="datetime64[D]")
