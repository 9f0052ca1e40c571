"""The share of the capacity that a salesperson gets today: while new, and after days off. Pure."""

from datetime import date, datetime, timedelta

from leadflow.hours import Calendar

# Who comes back from this many days off or more, counted from the first to the last …
LONG_ABSENCE_DAYS = 5
# … gets this share on the first, second and third working day.
BACK_SHARES = (0.25, 0.50, 0.75)
# No three working days are further apart than this, but for weeks without any.
FARTHEST_DAYS = 60


def share_today(
    ramp_share: float, ramp_until: date | None, calendar: Calendar, now: datetime
) -> float:
    """The share of capacity and turns as of now, in (0, 1].

    While new: ``ramp_share``, up to and including the day ``ramp_until`` of the salesperson's own
    zone (without an end where there is none). Back from at least five days off: a quarter, a half
    and three quarters of that on the first three working days, so that nobody finds as many new
    leads at once as the others got in a week.
    """
    today = now.astimezone(calendar.zone).date()
    ramped = ramp_until is None or today <= ramp_until
    return (ramp_share if ramped else 1.0) * _back_share(calendar, today)


def _back_share(calendar: Calendar, today: date) -> float:
    if not calendar.absences or calendar.off_on(today):
        return 1.0
    day, worked = today - timedelta(days=1), 0
    for _ in range(FARTHEST_DAYS):
        if calendar.off_on(day):
            first = _first_day_off(calendar, day)
            if (day - first).days + 1 >= LONG_ABSENCE_DAYS:
                return BACK_SHARES[worked]
            day = first
        elif _works_on(calendar, day):
            worked += 1
            if worked == len(BACK_SHARES):
                break
        day -= timedelta(days=1)
    return 1.0


def _first_day_off(calendar: Calendar, last: date) -> date:
    """Where a stretch of days off began; free days within it count, those before it do not."""
    first = day = last
    while last - day < timedelta(days=FARTHEST_DAYS) and not _works_on(calendar, day):
        if calendar.off_on(day):
            first = day
        day -= timedelta(days=1)
    return first


def _works_on(calendar: Calendar, day: date) -> bool:
    return bool(calendar.week[day.weekday()]) and not calendar.off_on(day)
