"""Working minutes counted from one moment, for many questions about the same person. Pure."""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime, timedelta

from leadflow.hours import FARTHEST_DAYS, Calendar

MINUTE = timedelta(minutes=1)


class WorkingTime:
    """Working minutes of one person from ``since`` on; by the clock for who has no hours, or never
    works again."""

    def __init__(self, calendar: Calendar | None, since: datetime) -> None:
        self._since = since
        spans = () if calendar is None else calendar.spans(since, FARTHEST_DAYS)
        self._coming: Iterator[tuple[datetime, datetime]] = iter(spans)
        self._starts: list[datetime] = []
        # Minutes worked at the end of each span that has been looked at.
        self._worked: list[float] = []
        self._by_the_clock = not self._look_further()

    def moment(self, minutes: float) -> datetime:
        """The moment at which so many minutes have been worked."""
        if self._by_the_clock or minutes <= 0:
            return self._since + timedelta(minutes=minutes)
        while self._worked[-1] < minutes:
            if not self._look_further():
                return self._since + timedelta(minutes=minutes)
        place = bisect_left(self._worked, minutes)
        before = self._worked[place - 1] if place else 0.0
        return self._starts[place] + timedelta(minutes=minutes - before)

    def minutes(self, moment: datetime) -> float:
        """How many minutes have been worked by a moment; below 0 by the clock before ``since``."""
        if self._by_the_clock or moment <= self._since:
            return (moment - self._since) / MINUTE
        while self._starts[-1] < moment and self._look_further():
            pass
        place = bisect_left(self._starts, moment) - 1
        if place < 0:
            return 0.0
        before = self._worked[place - 1] if place else 0.0
        return min(self._worked[place], before + (moment - self._starts[place]) / MINUTE)

    def _look_further(self) -> bool:
        """Take the next span in; False where there is none."""
        span = next(self._coming, None)
        if span is None:
            return False
        start = max(span[0], self._since)
        worked = self._worked[-1] if self._worked else 0.0
        self._starts.append(start)
        self._worked.append(worked + (span[1] - start) / MINUTE)
        return True
