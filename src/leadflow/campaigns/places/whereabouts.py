"""Where a lead may be, from what is known of it. What cannot be read for certain is not guessed:
each place that it may be is one of the answer."""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from leadflow.campaigns.places.countries import clock, zones_of_country
from leadflow.campaigns.places.dialled import dialled_from
from leadflow.campaigns.places.regions import zones_of_region
from leadflow.campaigns.places.towns import Town, parts_of, towns_named
from leadflow.leads.places import place


class Known(NamedTuple):
    """What is known of where a lead is: ``country`` and ``region`` as ISO 3166 codes (the region's
    without the country), ``location`` as people write it, ``phone`` as it is dialled from abroad.
    """

    country: str | None = None
    region: str | None = None
    location: str | None = None
    phone: str | None = None


class Place(NamedTuple):
    """A place where a lead may be. ``region``: None where it may be any region of the country;
    ``country``: None where only the zone is known."""

    country: str | None
    region: str | None
    zone: str


Places = tuple[Place, ...]


def whereabouts(known: Known, year: int) -> Places:
    """Every place where a lead may be, the likeliest first; none where nothing is known. Zones
    whose clocks show the same from this year on are one.

    A town that the location names comes first, then the number's code, where the country is not
    known or has several clocks; then the region, then the country.
    """
    written = _written(known.country, known.region, known.location, year)
    if written.certain or not known.phone:
        return written.places
    country, zones = dialled_from(known.phone, year)
    if not written.places:
        return _merged((Place(country, None, zone) for zone in zones), year)
    # A number of another country says nothing of where in this one its owner is.
    clocks = {clock(zone, year) for zone in zones if country == written.places[0].country}
    return tuple(one for one in written.places if clock(one.zone, year) in clocks) or written.places


class _Written(NamedTuple):
    """``certain``: a number would not say more."""

    places: Places
    certain: bool


@lru_cache(maxsize=65536)
def _written(country: str | None, region: str | None, location: str | None, year: int) -> _Written:
    """What country, region and location say."""
    read_country, read_region = place(location, country)
    country, region = read_country, region or read_region
    towns = _towns(country, region, location or "")
    if towns:
        named = (Place(one.country, one.region or region, one.zone) for one in towns)
        return _Written(_merged(named, year), certain=True)
    if country is None:
        return _Written((), certain=False)
    zones = zones_of_region(country, region) if region is not None else ()
    zones = zones or zones_of_country(country, year)
    places = _merged((Place(country, region, zone) for zone in zones), year)
    return _Written(places, certain=len(places) == 1)


def _towns(country: str | None, region: str | None, location: str) -> list[Town]:
    """The towns that any part of a location may mean, in the region where that is known."""
    found = [town for part in parts_of(location) for town in towns_named(part, country)]
    if region is None:
        return found
    return [town for town in found if town.region in (None, region)]


def _merged(places: Iterable[Place], year: int) -> Places:
    """Each once: of those of one region whose clocks show the same, the first."""
    found: dict[tuple[str | None, str | None, bytes], Place] = {}
    for one in places:
        found.setdefault((one.country, one.region, clock(one.zone, year)), one)
    return tuple(found.values())
