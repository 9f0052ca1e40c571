"""Where a telephone number is from."""

from functools import lru_cache

from leadflow.campaigns.places.countries import clock, zones_of_country


@lru_cache(maxsize=65536)
def dialled_from(phone: str, year: int) -> tuple[str | None, tuple[str, ...]]:
    """The country of a number as it is dialled from abroad, where that is one, and the zones it
    may be in: those of its area code, or of a mobile number the whole country's. Neither where it
    has no country code."""
    from phonenumbers import (
        NumberParseException,
        is_number_geographical,
        parse,
        region_code_for_number,
    )
    from phonenumbers.timezone import UNKNOWN_TIMEZONE, time_zones_for_number

    if not phone.startswith("+"):
        return None, ()
    try:
        number = parse(phone.partition(";")[0])
    except NumberParseException:
        return None, ()
    zones = tuple(one for one in time_zones_for_number(number) if one != UNKNOWN_TIMEZONE)
    country = region_code_for_number(number)
    if country is None or not (all_of_it := zones_of_country(country, year)):
        return None, zones
    if not is_number_geographical(number):
        return country, all_of_it
    mine = {clock(zone, year) for zone in zones}
    return country, tuple(zone for zone in all_of_it if clock(zone, year) in mine) or all_of_it
