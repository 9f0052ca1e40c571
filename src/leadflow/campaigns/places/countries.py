"""The time zones of countries, without those whose clocks always show the same."""

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files

import numpy as np

from leadflow.campaigns.places.towns import people_of_zones

# Clocks are held against each other so many years from the beginning of this one.
YEARS = 3
STEP = np.timedelta64(30, "m")


@lru_cache
def zones_of_country(country: str, year: int) -> tuple[str, ...]:
    """The zones of a country (ISO 3166) in use, one for each clock, the one with most people first;
    none where there is no such country."""
    listed = _listed().get(country, ())
    one_each = one_for_each_clock(listed, year)
    if len(one_each) < 2:
        return one_each
    people = people_of_zones()
    by_people = sorted(listed, key=lambda zone: (-people.get((country, zone), 0), zone))
    return one_for_each_clock(by_people, year)


def one_for_each_clock(zones: Iterable[str], year: int) -> tuple[str, ...]:
    """The first of those zones whose clocks show the same all the time, of each clock."""
    found: dict[bytes, str] = {}
    for zone in zones:
        found.setdefault(clock(zone, year), zone)
    return tuple(found.values())


@lru_cache(maxsize=1024)
def clock(zone: str, year: int) -> bytes:
    """What clocks of a zone show from the beginning of a year on for three years: equal for zones
    of which nobody can tell a difference in that time."""
    import pandas as pd

    start = np.datetime64(f"{year}-01-01T00:00", "m")
    moments = np.arange(start, np.datetime64(f"{year + YEARS}-01-01T00:00", "m"), STEP)
    at = pd.DatetimeIndex(moments)
    shown = at.tz_localize("UTC").tz_convert(zone).tz_localize(None)
    ahead = ((shown - at) // pd.Timedelta(minutes=1)).to_numpy()
    changes = np.flatnonzero(np.diff(ahead)) + 1
    return np.concatenate([ahead[:1], changes, ahead[changes]]).tobytes()


@lru_cache
def _listed() -> dict[str, tuple[str, ...]]:
    """The zones that the tz database lists for each country."""
    found: dict[str, list[str]] = defaultdict(list)
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    for line in table.splitlines():
        if line and not line.startswith("#"):
            country, _, zone, *_ = line.split("\t")
            found[country].append(zone)
    return {country: tuple(zones) for country, zones in found.items()}
