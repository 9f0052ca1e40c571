"""When something is due, as a salesperson reads it: in their own working hours. Pure."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta

from leadflow.hours import Calendar, NeverWorks

# Beyond so many working minutes the day says more than the hours.
LONG = 600.0
MINUTE = timedelta(minutes=1)


def due_in_words(calendar: Calendar, now: datetime, due: datetime) -> str | None:
    """How many working hours are left, or how many it is late; None where it is so far away that
    the day says more."""
    late = due < now
    minutes = calendar.minutes_between(due, now) if late else calendar.minutes_between(now, due)
    if minutes >= LONG or (minutes < 1 and not calendar.working(now)):
        return None
    if minutes < 1:
        return "due now"
    return f"overdue by {_span(minutes)}" if late else f"due in {_span(minutes)}"


def end_of_today(calendar: Calendar, now: datetime) -> datetime:
    """The end of the day where the salesperson is."""
    return _midnight(calendar, now.astimezone(calendar.zone).date() + timedelta(days=1))


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
