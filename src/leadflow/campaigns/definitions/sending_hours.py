"""In which hours of a lead's day a campaign may send: its open hours without its quiet ones."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from leadflow.campaigns.definitions.schemas import Campaign
from leadflow.hours import DAY_MINUTES, DAYS, read_calendar

Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class SendingHours:
    """For each day from Monday, spans in minutes of that day, in order and apart; of the lead's
    own zone."""

    week: tuple[Spans, ...]

    @property
    def week_has_any(self) -> bool:
        """Whether something may be sent at all."""
        return any(self.week)

    @cached_property
    def always(self) -> bool:
        """Whether any hour will do."""
        return all(day == ((0, DAY_MINUTES),) for day in self.week)


def hours_of(campaign: Campaign) -> SendingHours:
    """The hours of a campaign."""
    said = campaign.open_hours
    days = {str(day): tuple(spans) for day, spans in (said or {}).items()}
    week = read_calendar(campaign.zone, days).week
    quiet = campaign.quiet_hours
    if quiet is None:
        return SendingHours(week)
    start, end = _minute(quiet.start), _minute(quiet.end)
    awake: Spans = ((end, start),) if end < start else ((0, start), (end, DAY_MINUTES))
    return SendingHours(tuple(_both(week[day], awake) for day in range(len(DAYS))))


def shared(hours: Iterable[SendingHours]) -> SendingHours:
    """The hours that are in all of these."""
    found: list[Spans] = [((0, DAY_MINUTES),)] * len(DAYS)
    for one in hours:
        found = [_both(mine, its) for mine, its in zip(found, one.week, strict=True)]
    return SendingHours(tuple(found))


def _minute(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def _both(first: Spans, second: Spans) -> Spans:
    """What is in both."""
    shared = ((max(one[0], other[0]), min(one[1], other[1])) for one in first for other in second)
    return tuple(sorted(span for span in shared if span[0] < span[1]))
