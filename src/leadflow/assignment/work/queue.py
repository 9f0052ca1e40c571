"""The queue of one salesperson: in which order leads wait for their first word, and when each can
get it. Pure.

A clock runs only for what can be worked. Leads are worked one after the other, each takes
``minutes_each``, and whoever got in touch with one is busy with it for as long. The next is always
the one that would be late first (earliest deadline first: J. R. Jackson, "Scheduling a production
line to minimize maximum tardiness", 1955). A lead that came by itself keeps its time as long as it
can be reached by then, and so goes before a bulk that has lost time; leads further back have their
clock start when the ones before them are done. A clock is never set earlier than it was: whoever
lets the first of many leads wait loses that one, and not all of them with it. And no clock waits
for work on a lead that should have come later.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from leadflow.assignment.team.working_time import WorkingTime
from leadflow.hours import Calendar

# Working minutes that are told apart.
SAME = 1e-3


@dataclass(frozen=True)
class Waiting:
    """A lead nobody has got in touch with; ``minutes``: working minutes it may wait for that, from
    ``starts_at`` to ``due_at``."""

    id: str
    came_at: datetime
    minutes: float
    starts_at: datetime
    due_at: datetime

    @property
    def alone(self) -> bool:
        """Whether its clock started when it came: nothing stood before it."""
        return self.starts_at <= self.came_at


@dataclass(frozen=True)
class Touch:
    """The last time the salesperson got in touch with a lead, and how that lead stood then."""

    at: datetime
    due_at: datetime | None
    alone: bool

    def excuses(self, lead: Waiting) -> bool:
        """Whether a lead had to wait for it: work that had begun before its own turn, or that came
        before it in the order."""
        began_before = self.at <= (lead.came_at if lead.alone else lead.starts_at)
        if began_before or (self.alone and not lead.alone):
            return True
        earlier = self.due_at is not None and self.due_at <= lead.due_at
        return earlier and self.alone is lead.alone


@dataclass(frozen=True)
class Moved:
    """A clock that was set later: from when it counts, when the reminder and the end are due."""

    id: str
    starts_at: datetime
    reminder_at: datetime
    due_at: datetime


def settled(
    queue: Sequence[Waiting],
    last: Touch | None,
    calendar: Calendar | None,
    minutes_each: float,
    reminder_share: float,
) -> list[Moved]:
    """The clocks that are to be set later, for what stands before their leads."""
    if not queue:
        return []
    time = WorkingTime(calendar, min(one.came_at for one in queue))
    places = [_Place(one, last, time, minutes_each) for one in queue]
    return [
        Moved(
            place.lead.id,
            time.moment(start),
            time.moment(start + place.lead.minutes * reminder_share),
            time.moment(start + place.lead.minutes),
        )
        for place, at in _turns(places, minutes_each)
        if (start := place.new_start(at)) is not None
    ]


class _Place:
    """A lead in the queue, in working minutes. ``free``: when the salesperson is free for it."""

    def __init__(
        self, lead: Waiting, last: Touch | None, time: WorkingTime, minutes_each: float
    ) -> None:
        self.lead = lead
        self.start, self.due = time.minutes(lead.starts_at), time.minutes(lead.due_at)
        self.free = max(0.0, time.minutes(lead.came_at))
        if last is not None and last.excuses(lead):
            self.free = max(self.free, time.minutes(last.at) + minutes_each)

    def late_from(self, turn: float) -> float:
        """When it is late, if its turn comes then: only what came by itself has a fixed time."""
        if self.lead.alone:
            return self.due
        return max(self.due, max(turn, self.free) + self.lead.minutes)

    def new_start(self, turn: float) -> float | None:
        """The start of its clock, where that changes by its turn."""
        kept = self.due if self.lead.alone else self.start
        return None if turn <= kept + SAME else turn


def _turns(places: Sequence[_Place], minutes_each: float) -> Iterator[tuple[_Place, float]]:
    """The leads in the order they are worked in, each with when its turn comes."""
    lines = [
        sorted(
            (place for place in places if place.lead.alone is alone),
            key=lambda place: (place.due, place.free, place.lead.id),
            reverse=True,
        )
        for alone in (True, False)
    ]
    turn = 0.0
    while waiting := [line for line in lines if line]:
        place = min(waiting, key=lambda line: line[-1].late_from(turn)).pop()
        at = max(turn, place.free)
        yield place, at
        turn = at + minutes_each
