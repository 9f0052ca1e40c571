"""When something is due, as a salesperson reads it: in their own working hours. Pure."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta

from leadflow.hours import Calendar, NeverWorks

MINUTE = timedelta(minutes=1)
# Within so many days the name of the day is enough.
NAMED_DAYS = 6


def due_in_words(calendar: Calendar, now: datetime, due: datetime) -> str | None:
    """How much time is left, or how long it is overdue, where all of that is time at work: "due in
    25 min". Where they go home in between, which day and which hour: "due tomorrow at 9:10". None
    where it is so far away that the date says more."""
    late, wall = due < now, abs(due - now)
    worked = calendar.minutes_between(*sorted((due, now)))
    if wall < MINUTE:
        return "due now"
    if wall - worked * MINUTE < MINUTE:
        return f"overdue by {_span(worked)}" if late else f"due in {_span(worked)}"
    day = _day_in_words(due.astimezone(calendar.zone), now.astimezone(calendar.zone).date())
    if day is None:
        return None
    return f"overdue since {day}" if late else f"due {day}"


def end_of_today(calendar: Calendar, now: datetime) -> datetime:
    """The end of the day where the salesperson is."""
    return _midnight(calendar, now.astimezone(calendar.zone).date() + timedelta(days=1))


def _day_in_words(moment: datetime, today: date) -> str | None:
    """A moment as people say it on this day; None where it is not within the week."""
    days = (moment.date() - today).days
    if abs(days) > NAMED_DAYS:
        return None
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}
    named = near.get(days) or f"{'last ' if days < 0 else ''}{moment:%A}"
    return f"{named} at {moment.hour}:{moment:%M}"


def _span(minutes: float) -> str:
    hours, rest = divmod(int(minutes), 60)
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def _midnight(calendar: Calendar, day: date) -> datetime:
    return datetime.combine(day, time(), calendar.zone)


def _opens(calendar: Calendar, moment: datetime) -> datetime:
    """When they begin to work from a moment on; who never does, at that moment."""
    try:
        return calendar.opens(moment)
    except NeverWorks:
        return moment


def _days_on(days: int) -> Callable[[Calendar, datetime], datetime]:
    def later(calendar: Calendar, now: datetime) -> datetime:
        day = now.astimezone(calendar.zone).date() + timedelta(days=days)
        return _opens(calendar, _midnight(calendar, day))

    return later


# When somebody may be reminded, and when that is.
REMINDERS: Mapping[str, Callable[[Calendar, datetime], datetime]] = {
    "in an hour": lambda calendar, now: _opens(calendar, now + 60 * MINUTE),
    "tomorrow": _days_on(1),
    "in three days": _days_on(3),
    "in a week": _days_on(7),
    "in a month": _days_on(30),
}


def on_a_day(calendar: Calendar, day: date) -> datetime:
    """When they begin to work on a day, or the next on which they do."""
    return _opens(calendar, _midnight(calendar, day))
