"""In which hours people may be called or written to by law, where they are. Pure.

Hours are only in this table where it was read what a law or a code says of them: there or,
for most states, on a page about it. ``READ_ON`` is the day. What is not in it goes by the strictest
there are.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Literal, get_args

import numpy as np

from leadflow.campaigns.definitions.sending_hours import SendingHours, shared
from leadflow.campaigns.interpreter.moments import open_from
from leadflow.campaigns.places.placing import all_in
from leadflow.campaigns.places.whereabouts import Place, Places
from leadflow.hours import read_calendar

Channel = Literal["email", "call", "sms"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)
READ_ON = date(2026, 11, 30)

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
_TO_SATURDAY = (*_WEEKDAYS, "sat")
_DAILY = (*_TO_SATURDAY, "sun")
CALLS: tuple[Channel, ...] = ("call",)
CALLS_AND_TEXTS: tuple[Channel, ...] = ("call", "sms")


@dataclass(frozen=True)
class LegalHours:
    """What holds in a country (ISO 3166), or only in a region of it. ``week``: hours by day, none
    on other days; empty: the law names none. ``url``: where that was read. ``holidays_closed``: not
    on public holidays."""

    country: str | None
    region: str | None
    channels: tuple[Channel, ...]
    week: Mapping[str, tuple[str, ...]]
    law: str
    url: str | None
    holidays_closed: bool = False

    @property
    def hours(self) -> SendingHours:
        """The hours of a week."""
        return SendingHours(read_calendar("UTC", self.week).week)

    @property
    def place(self) -> str:
        """Where it holds, as ISO 3166 writes it."""
        parts = (self.country, self.region)
        return "-".join(part for part in parts if part is not None) or "anywhere"

    def __str__(self) -> str:
        days = "; ".join(f"{days} {', '.join(spans)}" for spans, days in self._by_hours())
        off = ", not on public holidays" if self.holidays_closed else ""
        return f"{self.place}: {days or 'no hours named'}{off}"

    def _by_hours(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """The hours with the days that have them, such as mon-fri."""
        for spans, together in groupby(self.week.items(), key=lambda pair: pair[1]):
            days = [day for day, _ in together]
            yield spans, days[0] if len(days) == 1 else f"{days[0]}-{days[-1]}"


def _on(days: Iterable[str], *spans: str) -> dict[str, tuple[str, ...]]:
    return dict.fromkeys(days, spans)


def _state(region: str, week: Mapping[str, tuple[str, ...]], law: str, url: str) -> LegalHours:
    return LegalHours("US", region, CALLS_AND_TEXTS, week, law, url)


def _listed(
    region: str, week: Mapping[str, tuple[str, ...]], holidays_closed: bool = False
) -> LegalHours:
    """A state whose own law was not read, only a list of what such laws say."""
    law = "State law, by a list of 1 November 2025"
    url = "https://www.dropcowboy.com/state-compliance"
    return LegalHours("US", region, CALLS_AND_TEXTS, week, law, url, holidays_closed)


_EIGHT_TO_EIGHT = _on(_DAILY, "08:00-20:00")
EMAIL = LegalHours(
    None,
    None,
    ("email",),
    {},
    "No law known here names hours for e-mail: they ask for consent, or for a way to get no more "
    "(CAN-SPAM, CASL, Directive 2002/58/EC article 13)",
    None,
)
ROWS = (
    LegalHours(
        "US",
        None,
        CALLS_AND_TEXTS,
        _on(_DAILY, "08:00-21:00"),
        "47 CFR 64.1200(c)(1)",
        "https://www.leadgen-economy.com/blog/telemarketing-calling-hours-by-state",
    ),
    _state(
        "FL",
        _EIGHT_TO_EIGHT,
        "Fla. Stat. 501.616(6)",
        "https://blog.clickpointsoftware.com/telemarketing-calling-hours-by-state",
    ),
    _state(
        "OK",
        _EIGHT_TO_EIGHT,
        "Okla. Stat. tit. 15, 775C.4",
        "https://www.dinsmore.com/publications/"
        "more-states-adding-tougher-telephone-consumer-protection-act-statutes/",
    ),
    _state(
        "WA",
        _EIGHT_TO_EIGHT,
        "RCW 19.158.040(2)",
        "https://app.leg.wa.gov/RCW/default.aspx?cite=19.158.040",
    ),
    _listed("AL", _on(_TO_SATURDAY, "08:00-20:00"), holidays_closed=True),
    _listed("CT", _on(_DAILY, "09:00-20:00")),
    _listed("KY", _on(_DAILY, "10:00-21:00")),
    _listed("LA", _on(_TO_SATURDAY, "08:00-20:00"), holidays_closed=True),
    _listed("MA", _EIGHT_TO_EIGHT),
    _listed("MD", _EIGHT_TO_EIGHT),
    _listed("MI", _on(_DAILY, "09:00-21:00")),
    _listed("MN", _on(_DAILY, "09:00-21:00")),
    _listed("MS", _on(_TO_SATURDAY, "08:00-20:00")),
    _listed("NM", _on(_DAILY, "09:00-21:00")),
    _listed("NV", _on(_DAILY, "09:00-20:00")),
    LegalHours(
        "AU",
        None,
        CALLS,
        _on(_WEEKDAYS, "09:00-20:00") | _on(("sat",), "09:00-17:00"),
        "Telemarketing and Research Calls Industry Standard 2017",
        "https://www.donotcall.gov.au/consumers/consumer-overview/industry-standards/",
        holidays_closed=True,
    ),
    LegalHours(
        "FR",
        None,
        CALLS,
        _on(_WEEKDAYS, "10:00-13:00", "14:00-20:00"),
        "Code de la consommation D. 223-9 (décret 2022-1313)",
        "https://www.legifrance.gouv.fr/jorf/id/JORFTEXT000046421823",
        holidays_closed=True,
    ),
    LegalHours(
        "ES",
        None,
        CALLS,
        _on(_WEEKDAYS, "09:00-21:00"),
        "Real Decreto Legislativo 1/2007, artículo 96.2",
        "https://www.genbeta.com/actualidad/"
        "llamadas-comerciales-ilegales-a-partir-hora-asi-puedes-actuar-recibes",
        holidays_closed=True,
    ),
    LegalHours(
        "IT",
        None,
        CALLS,
        # From 09:00 to 20:00 on working days, but not on those before a holiday.
        _on(_TO_SATURDAY, "10:00-19:00"),
        "Codice di condotta telemarketing, Garante, provvedimento 148 of 7 March 2024",
        "https://www.pmi.it/impresa/pubblicita-e-marketing/453002/"
        "telemarketing-le-nuove-regole-e-le-fasce-orarie-permesse.html",
        holidays_closed=True,
    ),
    LegalHours(
        "IN",
        None,
        CALLS_AND_TEXTS,
        _on(_DAILY, "09:00-21:00"),
        "TRAI, Commercial Communications Customer Preference Regulations 2018",
        "https://developer.exotel.com/docs/faqs/tcccpr-2018",
    ),
)


def rows_of(places: Places, channel: Channel) -> tuple[LegalHours, ...]:
    """The rows that hold for somebody who may be in any of these places: of a place whose region is
    not known, or not in the table where others of its country are, those of all regions; of a
    country that is not in it all there are."""
    if channel == "email":
        return (EMAIL,)
    rows = [row for row in ROWS if channel in row.channels]
    found: list[LegalHours] = []
    for place in places:
        found += [row for row in _of_place(rows, place) if row not in found]
    return tuple(found)


def _of_place(rows: list[LegalHours], place: Place) -> list[LegalHours]:
    country = [row for row in rows if row.country == place.country]
    region = [row for row in country if row.region == place.region]
    return region if region and place.region is not None else country or rows


def allowed(rows: Iterable[LegalHours]) -> SendingHours:
    """The hours that all of these rows leave."""
    return shared(row.hours for row in rows)


def next_allowed(
    places: Places, rows: Iterable[LegalHours], now: datetime, holidays_closed: bool
) -> datetime | None:
    """The first moment from now on at which it is an hour that these rows leave in all of these
    places; None where there is no such hour."""
    zones = all_in(places, "closed" if holidays_closed else "open", now.year)
    at = np.array([now.astimezone(UTC).replace(tzinfo=None)], dtype="datetime64[us]")
    found: datetime | None = open_from(allowed(rows), at, zones)[0].item()
    return None if found is None else found.replace(tzinfo=UTC)
