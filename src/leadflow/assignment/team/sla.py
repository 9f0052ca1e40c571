"""The clock of a lead: working minutes of whoever has it, until the first touch. Pure."""

from datetime import datetime, timedelta

from leadflow.hours import Calendar, NeverWorks


def first_times(
    calendar: Calendar | None, now: datetime, minutes: float | None, reminder_share: float
) -> tuple[datetime | None, datetime | None]:
    """When the first touch is due, and when a reminder is; both None without a bound."""
    if minutes is None:
        return None, None
    due = working_minutes_after(calendar, now, minutes)
    return due, min(due, working_minutes_after(calendar, now, minutes * reminder_share))


def working_minutes_after(calendar: Calendar | None, now: datetime, minutes: float) -> datetime:
    """The moment after so many working minutes; by the clock for who has no hours, or never
    works again."""
    by_the_clock = now + timedelta(minutes=minutes)
    if calendar is None:
        return by_the_clock
    try:
        return calendar.after(now, minutes)
    except NeverWorks:
        return by_the_clock
