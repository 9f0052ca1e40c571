"""Public holidays of a country and its regions."""

import re
from datetime import date
from functools import lru_cache

# What the tables of a country call its regions; other names of theirs are school zones and towns.
_REGION = re.compile(r"[A-Z0-9]{1,3}")
# Where they list towns, each with the day of its patron saint, which holds nowhere else.
_BY_TOWN = ("IT",)

# Regions that are countries of their own to ISO 3166, so that nobody in this one is there.
_COUNTRIES = {
    "FR": ("971", "972", "973", "974", "976", "BL", "MF", "NC", "PF", "PM", "TF", "WF"),
    "US": ("AS", "GU", "MP", "PR", "UM", "VI"),
}


@lru_cache(maxsize=4096)
def public_holidays(country: str, region: str | None, years: range) -> dict[date, str]:
    """The public holidays of these years with their names in English where there are such, in
    order. Of a country whose region is not known, those of any region; none where there is
    no such country."""
    from holidays import country_holidays, list_supported_countries

    regions = list_supported_countries(include_aliases=False).get(country)
    if regions is None:
        return {}
    named: list[str | None] = [None]
    if region in regions:
        named = [region]
    elif region is None and country not in _BY_TOWN:
        others = _COUNTRIES.get(country, ())
        named += [one for one in regions if _REGION.fullmatch(one) and one not in others]
    found: dict[date, str] = {}
    for one in named:
        days = country_holidays(country, subdiv=one, years=years, language=_language(country))
        for day, name in days.items():
            found.setdefault(day, name)
    return dict(sorted(found.items()))


def _language(country: str) -> str | None:
    """English, where a country's holidays have names in it; else the country's own."""
    from holidays import list_localized_countries

    languages = list_localized_countries(include_aliases=False).get(country, [])
    return next((one for one in languages if one.startswith("en")), None)
