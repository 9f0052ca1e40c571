"""When first touches are due of leads that are handed out together: a clock starts when its lead
can be worked. Pure."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from leadflow.assignment.choice.plan import Choice
from leadflow.assignment.snapshots import RepSnapshot
from leadflow.assignment.team.working_time import WorkingTime

# From when a clock counts, when the first touch is due, and the reminder.
Times = tuple[datetime | None, datetime | None, datetime | None]
NO_CLOCK: Times = (None, None, None)


def clocks(
    given: Sequence[Choice],
    reps: Sequence[RepSnapshot],
    now: datetime,
    minutes_each: float,
    reminder_share: float,
) -> list[Times]:
    """The times of each decision that chose somebody. Leads that one salesperson gets together are
    worked one after the other, those with the least time first, and then in the order given."""
    times: list[Times] = [NO_CLOCK] * len(given)
    lines: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for row, made in enumerate(given):
        minutes = made.plan.sla_minutes(made.lead.level)
        if minutes is not None and made.rep is not None:
            lines[made.rep].append((minutes, row))
    for rep, line in lines.items():
        time = WorkingTime(reps[rep].calendar, now)
        for place, (minutes, row) in enumerate(sorted(line)):
            start = place * minutes_each
            due = time.moment(start + minutes)
            reminder = min(due, time.moment(start + minutes * reminder_share))
            times[row] = (time.moment(start), due, reminder)
    return times
