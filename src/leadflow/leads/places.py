"""Reading a country and a region out of a location as people write it."""

from dataclasses import dataclass
from functools import lru_cache
from gettext import translation

from features.normal_forms import compared

# Names people use that ISO 3166 does not list.
ALIASES = {
    "america": "US",
    "czech republic": "CZ",
    "england": "GB",
    "great britain": "GB",
    "holland": "NL",
    "ivory coast": "CI",
    "korea": "KR",
    "northern ireland": "GB",
    "russia": "RU",
    "scotland": "GB",
    "south korea": "KR",
    "the netherlands": "NL",
    "turkey": "TR",
    "u.k.": "GB",
    "u.s.": "US",
    "u.s.a.": "US",
    "uae": "AE",
    "uk": "GB",
    "wales": "GB",
}
# In which names of countries are read besides English.
LANGUAGES = ("de", "fr", "es", "nl", "pt", "it")
# Countries whose addresses end with a region and often leave the country out.
REGION_LAST = ("US", "CA", "AU")


@lru_cache(maxsize=65536)
def place(location: str | None, country: str | None = None) -> tuple[str | None, str | None]:
    """ISO 3166 country and the code of its region: ``San Francisco, CA`` is ``("US", "CA")``.

    A country given on its own is believed. Without one, a location's last part is read as a region
    of the United States, Canada or Australia before it is read as a two-letter country, because
    that is how addresses there end. What stays ambiguous (``CA`` alone) is None.
    """
    parts = [compared(part) for part in (location or "").split(",") if part.strip()]
    code = country_code(country)
    if code is None and parts:
        code, parts = _country_of(parts)
    # Elsewhere cities share the names of regions, and the city stands first: Berlin, Germany.
    named = parts if code in REGION_LAST else parts[1:]
    regions = (_region(code, part) for part in named) if code else ()
    return code, next(filter(None, regions), None)


@dataclass(frozen=True)
class KnownPlace:
    """What is known of where a lead is; ``said``: somebody said the country by itself."""

    location: str | None
    country: str | None
    region: str | None
    said: bool

    @property
    def follows(self) -> bool:
        """Whether the country was only read out of the location."""
        return not self.said and place(self.location)[0] == self.country


def moved(location: str | None, known: KnownPlace) -> tuple[str | None, str | None]:
    """Country and region of a lead of whom only the location was said anew. One that names no
    country, such as ``Floor 3``, says nothing of one that somebody said: that stays. One that was
    read out of the older location goes with it."""
    country, region = place(location)
    if country is not None or known.follows:
        return country, region
    country, region = place(location, known.country)
    return country, region or known.region


def renamed(country: str | None, known: KnownPlace) -> tuple[str | None, str | None]:
    """Country and region of a lead of whom only the country was said anew, beside the location that
    is known. The region stays where the country does."""
    code, region = place(known.location, country)
    return code, region or (known.region if code == known.country else None)


def country_code(name: str | None) -> str | None:
    """The ISO 3166 alpha-2 code of a country's name or code, in any spelling known here."""
    words = compared(name or "")
    return ALIASES.get(words) or _countries().get(words)


@lru_cache
def country_codes() -> frozenset[str]:
    """Every ISO 3166 code, in small letters."""
    return frozenset(code.lower() for code in _countries().values())


def country_advice(said: str) -> str:
    """What to write where a country's code is wanted and something else is said."""
    code = country_code(said)
    return f"Write its ISO 3166 code, such as {code or 'DE for Germany'}."


def _country_of(parts: list[str]) -> tuple[str | None, list[str]]:
    """The country a location is in, and the parts of it that may name a region."""
    *before, last = parts
    if len(last) > 2 or last in ALIASES:
        named = country_code(last)
        if named is not None:
            return named, before
    homes = [code for code in REGION_LAST if _region(code, last) is not None]
    if homes and (before or len(last) > 2):
        return homes[0], parts
    return (None if homes else country_code(last)), before


def _region(code: str, part: str) -> str | None:
    return _regions(code).get(part)


@lru_cache
def _countries() -> dict[str, str]:
    import pycountry

    names: dict[str, str] = {}
    for language in LANGUAGES:
        translated = translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language])
        for country in pycountry.countries:
            names[compared(translated.gettext(country.name))] = country.alpha_2
    for country in pycountry.countries:
        for kind in ("name", "official_name", "common_name", "alpha_2", "alpha_3"):
            if name := getattr(country, kind, None):
                names[compared(name)] = country.alpha_2
    return names


@lru_cache
def _regions(code: str) -> dict[str, str]:
    """Codes (without the country) by name and by code, both in small letters."""
    import pycountry

    names: dict[str, str] = {}
    for region in pycountry.subdivisions.get(country_code=code) or ():
        short = region.code.partition("-")[2]
        names[compared(region.name)] = names[compared(short)] = short
    return names
