"""A salesperson's working time: weekly hours in their own zone, without days off. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
DAY_MINUTES = 24 * 60
# Who has no working day within this time is taken to have none at all.
FARTHEST_DAYS = 400
Spans = tuple[tuple[int, int], ...]


class HoursInvalid(ValueError):
    """Working hours that are not understood; the message says what they should look like."""


class NeverWorks(ValueError):
    """There is no working time within the next 400 days."""


@dataclass(frozen=True)
class Calendar:
    """``week``: for each day from Monday, spans in minutes of that day in ``zone``, in order and
    apart. ``absences``: first and last day off, both included."""

    zone: ZoneInfo
    week: tuple[Spans, ...]
    absences: tuple[tuple[date, date], ...] = ()

    def off_on(self, day: date) -> bool:
        """Whether this day (of the salesperson's own zone) is a day off."""
        return any(first <= day <= last for first, last in self.absences)

    def away(self, moment: datetime) -> bool:
        """Whether the day of this moment, where the salesperson is, is a day off."""
        return self.off_on(moment.astimezone(self.zone).date())

    def working(self, moment: datetime) -> bool:
        """Whether the salesperson works at this moment."""
        span = next(self.spans(moment, 1), None)
        return span is not None and span[0] <= moment

    def opens(self, moment: datetime) -> datetime:
        """The first moment from this one on at which the salesperson works.

        Raises:
            NeverWorks: there is none for 400 days.
        """
        for start, _ in self.spans(moment, FARTHEST_DAYS):
            return max(start, moment)
        raise NeverWorks("There is no working time within the next 400 days.")

    def after(self, moment: datetime, minutes: float) -> datetime:
        """The moment at which this many working minutes have passed since ``moment``.

        Raises:
            NeverWorks: there are not as many within 400 days.
        """
        left = timedelta(minutes=minutes)
        for start, end in self.spans(moment, FARTHEST_DAYS):
            begin = max(start, moment)
            if left <= end - begin:
                return begin + left
            left -= end - begin
        raise NeverWorks("There is not enough working time within the next 400 days.")

    def minutes_between(self, start: datetime, end: datetime) -> float:
        """Working minutes from one moment to a later one; 0 where ``end`` is not later."""
        if end <= start:
            return 0.0
        days = (end - start).days + 2
        worked = sum(
            (
                min(closing, end) - max(opening, start)
                for opening, closing in self.spans(start, days)
                if opening < end
            ),
            timedelta(),
        )
        return worked / timedelta(minutes=1)

    def spans(self, moment: datetime, days: int) -> Iterator[tuple[datetime, datetime]]:
        """Working spans (UTC) that end after this moment, those of so many further days."""
        today = moment.astimezone(self.zone).date()
        for ahead in range(-1, days + 1):
            day = today + timedelta(days=ahead)
            if self.off_on(day):
                continue
            for first, last in self.week[day.weekday()]:
                opening, closing = self._moment(day, first), self._moment(day, last)
                if opening < closing and closing > moment:
                    yield opening, closing

    def _moment(self, day: date, minute: int) -> datetime:
        """A wall-clock minute of a day, where a skipped hour counts as the one after it."""
        whole, rest = divmod(minute, DAY_MINUTES)
        wall = datetime.combine(day + timedelta(days=whole), time(), self.zone)
        return wall.replace(hour=rest // 60, minute=rest % 60).astimezone(UTC)


def zone_named(name: str) -> ZoneInfo:
    """The time zone of this name, as the tz database writes it.

    Raises:
        HoursInvalid: there is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise HoursInvalid(f"{name[:60]!r} is no time zone; one is Europe/Berlin") from None


def read_calendar(
    zone: str, week: Mapping[str, Sequence[str]], absences: Iterable[tuple[date, date]] = ()
) -> Calendar:
    """A calendar from a zone's name and hours such as ``{"mon": ["09:00-12:30", "13:30-18:00"]}``.

    Days left out are free; no days at all means always at work.

    Raises:
        HoursInvalid: names the day and what is wrong.
    """
    known_zone = zone_named(zone)
    unknown = sorted(set(week) - set(DAYS))
    if unknown:
        raise HoursInvalid(f"{unknown[0]} is no day; the days are {', '.join(DAYS)}.")
    given = week or dict.fromkeys(DAYS, ("00:00-24:00",))
    spans = tuple(_day(day, given.get(day, ())) for day in DAYS)
    return Calendar(known_zone, spans, tuple(sorted(absences)))


def _day(day: str, given: Sequence[str]) -> Spans:
    spans = sorted(_span(day, text) for text in given)
    for (_, end), (start, _) in pairwise(spans):
        if start < end:
            raise HoursInvalid(f"{day}: the hours overlap ({', '.join(given)}).")
    return tuple(spans)


def _span(day: str, text: str) -> tuple[int, int]:
    found = SPAN.fullmatch(text.strip())
    if found is None:
        raise HoursInvalid(f"{day}: {text} is not understood; write 09:00-17:00.")
    first_hour, first_minute, last_hour, last_minute = map(int, found.groups())
    start, end = first_hour * 60 + first_minute, last_hour * 60 + last_minute
    if not start < end <= DAY_MINUTES:
        raise HoursInvalid(f"{day}: {text} does not end after it starts, on the same day.")
    return start, end
