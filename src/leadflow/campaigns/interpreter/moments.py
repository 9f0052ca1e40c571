"""When a wait ends and when something may be sent, for many leads at once. Pure.

Moments are ``datetime64[us]`` in UTC. Days and hours of a day are those of the lead's own zone.
"""

from dataclasses import dataclass

import numpy as np

from leadflow.campaigns.definitions.sending_hours import SendingHours
from leadflow.campaigns.definitions.spans import Span
from leadflow.campaigns.definitions.steps import Until
from leadflow.campaigns.interpreter.zones import (
    NEVER,
    Days,
    DaysOff,
    Mask,
    Moments,
    Numbers,
    Places,
    Zones,
    moments_of,
    wall,
)
from leadflow.hours import DAY_MINUTES

DAY, MINUTE = np.timedelta64(1, "D"), np.timedelta64(1, "m")
# The first Monday that numpy counts from lies four days after 1970-01-01, a Thursday.
MONDAY = np.datetime64("1970-01-05", "us")
# Sets of zones in which no hour fits all are given up after so many tries, at most a day each.
MOST_TRIES = 30


@dataclass(frozen=True)
class Dates:
    """A date known of each lead: ``at``, NaT where none is; ``days``: whether it is a whole day,
    which begins at midnight wherever the lead is, and ``at`` is that midnight in UTC; ``since``:
    from when on it is known."""

    at: Moments
    days: Mask
    since: Moments


def added(anchors: Moments, span: Span, zones: Zones, sign: int = 1) -> Moments:
    """Anchors with a span added (or, ``sign`` −1, taken off): months and days by the calendar of
    the lead's zone, then minutes by the clock."""
    found = anchors
    if span.months or span.days:
        found = zones.each(lambda mine, places: _by_calendar(anchors[mine], span, places[0], sign))
    whole: Moments = found + np.timedelta64(sign * span.minutes, "m")
    return whole


def _by_calendar(anchors: Moments, span: Span, zone: str, sign: int) -> Moments:
    shown = wall(anchors, zone)
    if span.months:
        shown = _months_on(shown, sign * span.months)
    return moments_of(shown + sign * span.days * DAY, zone)


def _months_on(shown: Moments, months: int) -> Moments:
    """The same day so many months on; the last one of a month that is shorter."""
    month = shown.astype("datetime64[M]")
    to = month + np.timedelta64(months, "M")
    day = shown.astype("datetime64[D]") - month.astype("datetime64[D]")
    last = (to + 1).astype("datetime64[D]") - to.astype("datetime64[D]") - DAY
    at = shown - shown.astype("datetime64[D]")
    whole = to.astype("datetime64[D]") + np.minimum(day, last)
    found: Moments = whole.astype("datetime64[us]") + at
    return found


def waited_until(until: Until, anchors: Moments, known: Dates | None, zones: Zones) -> Moments:
    """When a wait ends that began at the anchors, never before it began. ``known``: the dates known
    of the leads where one of them is waited for; NaT stays where there is none."""
    if until.weekdays is not None:
        return zones.each(lambda mine, places: _next_weekday(until, anchors[mine], places[0]))
    if until.date is not None:
        day = np.datetime64(until.date, "us") + _clock(until.at)
        fixed = zones.each(lambda mine, places: moments_of(np.full(mine.shape, day), places[0]))
        return np.maximum(fixed, anchors)
    if known is None:
        raise TypeError("What waits for a date of the lead needs those dates.")
    return _of_field(until, anchors, known, zones)


def _of_field(until: Until, anchors: Moments, known: Dates, zones: Zones) -> Moments:
    found = np.full(anchors.shape, NEVER)
    has: Numbers = np.flatnonzero(~np.isnat(known.at))
    there, days = zones.of_rows(has), known.days[has]
    dates = there.each(lambda mine, places: moments_of(known.at[has][mine], places[0]))
    dates = np.where(days, dates, known.at[has])
    if until.before is not None:
        dates = added(dates, until.before, there, -1)
    if until.after is not None:
        dates = added(dates, until.after, there)
    if until.at is not None:
        at = _clock(until.at)
        dates = there.each(
            lambda mine, places: moments_of(_midnight(wall(dates[mine], places[0])) + at, places[0])
        )
    found[has] = np.maximum(dates, anchors[has])
    return found


def _next_weekday(until: Until, anchors: Moments, zone: str) -> Moments:
    shown = wall(anchors, zone)
    midnight, at = _midnight(shown), _clock(until.at)
    today = (midnight - MONDAY).astype("timedelta64[D]").astype(np.int64) % 7
    found = np.full(anchors.shape, NEVER)
    for day in until.days:
        ahead = (day - today) % 7
        candidate = midnight + ahead * DAY + at
        # Today's hour is past: in a week.
        candidate = np.where(candidate < shown, candidate + 7 * DAY, candidate)
        found = np.fmin(found, candidate)
    return np.maximum(moments_of(found, zone), anchors)


def open_from(hours: SendingHours, moments: Moments, zones: Zones) -> Moments:
    """The first moment, from each of these on, at which something may be sent in every zone the
    lead may be in: in open hours, and on no day off; NaT where there is none that fits all."""
    if hours.always and not zones.days_off:
        return moments
    return zones.each_with_days_off(
        lambda mine, places, off: _open_in_all(hours, moments[mine], places, off)
    )


def _open_in_all(hours: SendingHours, moments: Moments, places: Places, off: DaysOff) -> Moments:
    before = moments
    for _ in range(MOST_TRIES):
        before = moments
        for zone, days in zip(places, off, strict=True):
            moments = _open_in(hours, moments, zone, days)
        if len(places) == 1 or np.array_equal(before, moments, equal_nan=True):
            return moments
    return np.where(before == moments, moments, NEVER)


def _open_in(hours: SendingHours, moments: Moments, zone: str, days_off: Days) -> Moments:
    shown = wall(moments, zone)
    opens = _opens(hours, shown)
    if days_off.size:
        _past_days_off(hours, opens, days_off)
    now = opens == shown
    if now.all():
        return moments
    return np.where(now, moments, np.maximum(moments_of(opens, zone), moments))


def _past_days_off(hours: SendingHours, opens: Moments, days_off: Days) -> None:
    """Put what clocks show when it opens off to the next day that is none, in place."""
    closed: Numbers = np.flatnonzero(np.isin(opens.astype("datetime64[D]"), days_off))
    for _ in range(MOST_TRIES):
        if not closed.size:
            return
        opens[closed] = _opens(hours, _midnight(opens[closed]) + DAY)
        closed = closed[np.isin(opens[closed].astype("datetime64[D]"), days_off)]
    opens[closed] = NEVER


def _opens(hours: SendingHours, shown: Moments) -> Moments:
    """What clocks show when it is open next, by the hours of the week alone."""
    spans = [
        (day * DAY_MINUTES + start, day * DAY_MINUTES + end)
        for day, of_day in enumerate(hours.week)
        for start, end in of_day
    ]
    starts = np.array([start for start, _ in spans], dtype=np.int64)
    ends = np.array([end for _, end in spans], dtype=np.int64)
    week = _midnight(shown) - ((_midnight(shown) - MONDAY) % (7 * DAY))
    # Whole minutes, rounded down: a span is open up to the minute in which it ends.
    with np.errstate(invalid="ignore"):  # NaT stays NaT.
        minute = (shown - week) // MINUTE
    place = np.searchsorted(ends, minute, side="right")
    beyond: Mask = place == len(ends)
    start = starts[np.where(beyond, 0, place)] + np.where(beyond, 7 * DAY_MINUTES, 0)
    return np.where(start <= minute, shown, week + start * MINUTE)


def _midnight(shown: Moments) -> Moments:
    return shown.astype("datetime64[D]").astype("datetime64[us]")


def _clock(at: str | None) -> np.timedelta64:
    if at is None:
        raise TypeError("A wait for a day says its hour.")
    return np.timedelta64(int(at[:2]) * 60 + int(at[3:]), "m")
