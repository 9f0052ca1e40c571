"""The period that figures are of."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from features.how_many import how_many

USUAL = timedelta(days=30)
LONGEST = timedelta(days=366)
# Scores are looked at from a horizon before it on.
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


class PeriodInvalid(ValueError):
    """This cannot be a period; the message says why."""


@dataclass(frozen=True)
class Period:
    """From a moment on, and before another."""

    since: datetime
    until: datetime

    @property
    def bounds(self) -> dict[str, datetime]:
        """As statements name them."""
        return {"since": self.since, "until": self.until}


def read_period(since: datetime | None, until: datetime | None, now: datetime) -> Period:
    """The period that was asked for; unsaid it ends now, and is of 30 days.

    Raises:
        PeriodInvalid: it is empty, longer than 366 days, or of before 1970.
    """
    end = until or now
    if min(since or end, end) < EARLIEST + USUAL:
        raise PeriodInvalid("A period is of 1970 or later. Say other days as from and to.")
    start = since or end - USUAL
    length = end - start
    if length <= timedelta(0):
        raise PeriodInvalid("from must be before to.")
    if length > LONGEST:
        raise PeriodInvalid(
            f"This is {how_many(length.days, 'day')}, and a period is of {LONGEST.days} at most. "
            "Ask for one year after the other."
        )
    return Period(start, end)
