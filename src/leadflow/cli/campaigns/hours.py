"""``leadflow campaigns hours``: where a lead may be, and in which hours it may be written to."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from leadflow.cli.console import console

if TYPE_CHECKING:
    from leadflow.campaigns.places.legal_hours import LegalHours
    from leadflow.campaigns.places.whereabouts import Place, Places

NEXT_HOLIDAYS = 5


def hours(
    country: Annotated[str | None, typer.Option(help="Its name or ISO 3166 code.")] = None,
    region: Annotated[str | None, typer.Option(help="Its ISO 3166-2 code, such as BE.")] = None,
    location: Annotated[str | None, typer.Option(help="As people write it.")] = None,
    channel: Annotated[str, typer.Option(help="email, call or sms.")] = "email",
) -> None:
    """Say where a lead may be of whom this is known, in which hours the law lets it be written to
    or called, which public holidays come next, and when a message could go out."""
    from leadflow.campaigns.places.legal_hours import CHANNELS, rows_of
    from leadflow.campaigns.places.whereabouts import Known, whereabouts

    by = next((one for one in CHANNELS if one == channel), None)
    if by is None:
        raise typer.BadParameter(f"--channel is one of {', '.join(CHANNELS)}.")
    now = datetime.now(UTC)
    places = whereabouts(Known(_country(country), region, location), now.year)
    if not places:
        raise typer.BadParameter("This names no place. Say --country, or a town as --location.")
    rows = rows_of(places, by)
    for line in (*_where(places), *_law(rows), *_holidays(places, now), *_next(places, rows, now)):
        console.print(line, markup=False, soft_wrap=True)


def _country(said: str | None) -> str | None:
    from leadflow.leads.places import country_advice, country_code

    code = country_code(said)
    if said is not None and code is None:
        raise typer.BadParameter(f"--country: there is none of this name. {country_advice(said)}")
    return code


def _where(places: "Places") -> Iterator[str]:
    yield "It may be in:"
    for one in places:
        yield f"  {_named(one)}, {one.zone}"


def _named(place: "Place") -> str:
    """Its country and region as ISO 3166 writes them."""
    return "-".join(part for part in (place.country, place.region) if part) or "no known country"


def _law(rows: "tuple[LegalHours, ...]") -> Iterator[str]:
    from leadflow.campaigns.places.legal_hours import READ_ON

    yield f"Hours of the law, as they were read on {READ_ON}:"
    for row in rows:
        yield f"  {row}"
        yield f"    {row.law}" + (f": {row.url}" if row.url else "")


def _holidays(places: "Places", now: datetime) -> Iterator[str]:
    from leadflow.campaigns.places.public_holidays import public_holidays

    yield "Public holidays that come next:"
    years = range(now.year, now.year + 2)
    named = {(one.country, one.region): one for one in places if one.country is not None}
    for country, region in named:
        days = public_holidays(country or "", region, years)
        coming = [f"{day} {name}" for day, name in days.items() if day >= now.date()]
        yield f"  {_named(named[country, region])}: {', '.join(coming[:NEXT_HOLIDAYS])}"


def _next(places: "Places", rows: "tuple[LegalHours, ...]", now: datetime) -> Iterator[str]:
    from leadflow.campaigns.places.legal_hours import next_allowed

    closed = any(row.holidays_closed for row in rows)
    zone = places[0].zone
    yield f"A message could go out: {_shown(next_allowed(places, rows, now, closed), zone)}"
    if not closed:
        at = next_allowed(places, rows, now, True)
        yield f"In a campaign that is closed on holidays: {_shown(at, zone)}"


def _shown(at: datetime | None, zone: str) -> str:
    from leadflow.hours import zone_named

    if at is None:
        return "in no hour that is open in all of these places"
    return f"{at.astimezone(zone_named(zone)):%Y-%m-%d %H:%M} ({zone})"
