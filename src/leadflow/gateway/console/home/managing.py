"""What a manager's first page says of the team: who is late or full, what changed since yesterday,
and four figures with those of the week before."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cachetools import TTLCache
from sqlalchemy.orm import Session

from features.how_many import how_many, of_number
from leadflow.accounts.actors import Actor
from leadflow.accounts.permissions import Reach
from leadflow.assignment.insight.performance_report import Conversion
from leadflow.assignment.insight.strain import Strained, strained
from leadflow.assignment.insight.weeks import WEEK, Changes, Week, changes, week
from leadflow.assignment.team.naming import names_of_leads
from leadflow.assignment.team.reach import reps_within
from leadflow.assignment.work.alarms import unroutable
from leadflow.paging.keyset import Wanted
from leadflow.scoring.learning.challenger import horizon
from leadflow.settings import get_settings

FIRST = 5
Words = Callable[[float], str]
FIRST_UNROUTABLE = 5
# Thousands of leads are looked at for the figures of a week, which move slowly.
COUNTED_SECONDS = 300
# How assignments ended, in the order in which it is told.
ENDS = (
    ("converted", "bought"),
    ("lost", "{is_} lost"),
    ("returned", "{is_} given back by their salesperson"),
    ("declined", "{is_} declined by their salesperson"),
    ("escalated", "passed on, for nobody got in touch in time"),
    ("reassigned", "{is_} given to somebody else by hand"),
    ("left", "{is_} taken from somebody who has left"),
    ("absent", "{is_} passed on, for their salesperson is away"),
)


@dataclass(frozen=True)
class Figure:
    """A figure with that of the week before; ``better``: None where neither is."""

    label: str
    now: str
    before: str
    better: bool | None


@dataclass(frozen=True)
class Nobodys:
    """A lead that nobody can take, since when, and why."""

    id: str
    name: str
    since: datetime
    why: str


@dataclass(frozen=True)
class Counted:
    """A week and the one before, and when they were counted."""

    at: datetime
    weeks: tuple[Week, Week]


# By whose they are: a salesperson's id, and how far somebody reaches.
_counted: TTLCache[tuple[str | None, Reach], Counted] = TTLCache(256, COUNTED_SECONDS)


@dataclass(frozen=True)
class Managing:
    """The block: at most ``FIRST`` who are strained of so many, what changed, the figures, and the
    first leads that nobody can take."""

    strained: list[Strained]
    more: int
    people: int
    changed: list[str]
    figures: list[Figure]
    counted_at: datetime
    nobodys: list[Nobodys]


def managing(session: Session, caller: Actor, now: datetime) -> Managing | None:
    """For those who lead salespeople; None for others."""
    reach = caller.reach("lead.reassign")
    if reach in (None, Reach.OWN) or caller.reach("analytics.read") is None:
        return None
    reps = reps_within(session, caller.rep_id, reach)
    if reps is not None and not reps - {caller.rep_id}:
        return None
    found, people = strained(session, reps, now)
    if not people:
        return None
    counted = _weeks(session, caller.rep_id, reach, now)
    return Managing(
        found[:FIRST],
        max(0, len(found) - FIRST),
        people,
        told(changes(session, caller.rep_id, reach, now)),
        figures(*counted.weeks),
        counted.at,
        _nobodys(session, caller),
    )


def _weeks(session: Session, rep_id: str | None, reach: Reach, now: datetime) -> Counted:
    """This week and the one before, as they were counted a few minutes ago at the longest."""
    known = _counted.get((rep_id, reach))
    if known is None:
        given = horizon(get_settings())
        this, before = (week(session, rep_id, reach, until, given) for until in (now, now - WEEK))
        known = _counted[rep_id, reach] = Counted(now, (this, before))
    return known


def told(changed: Changes) -> list[str]:
    """What changed within a day, a sentence each; what did not is left out."""
    counted = [(changed.came, "came in"), (changed.handed_out, "{is_} handed out")]
    counted += [(changed.ended.get(reason, 0), words) for reason, words in ENDS]
    return [
        f"{how_many(count, 'lead')} {words.format(is_=of_number(count, 'was', 'were'))}"
        for count, words in counted
        if count
    ]


def figures(this: Week, before: Week) -> list[Figure]:
    """The four figures of a week, each with that of the week before."""
    return [
        _figure("New leads", this.came, before.came, lambda count: f"{count:,.0f}"),
        _figure(
            "Time to first contact (median)",
            this.touch_minutes,
            before.touch_minutes,
            _minutes,
            lower=True,
        ),
        _figure("Accepted", this.accepted, before.accepted, lambda share: f"{100 * share:.0f} %"),
        Figure(
            "Bought, against what scores expected",
            _won(this.won),
            _won(before.won),
            _higher(this.won.ratio, before.won.ratio),
        ),
    ]


def _figure(
    label: str, this: float | None, before: float | None, words: Words, lower: bool = False
) -> Figure:
    said = ["—" if one is None else words(one) for one in (this, before)]
    better = _higher(before, this) if lower else _higher(this, before)
    return Figure(label, said[0], said[1], better)


def _higher(one: float | None, other: float | None) -> bool | None:
    return None if one is None or other is None or one == other else one > other


def _minutes(minutes: float) -> str:
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"


def _won(won: Conversion) -> str:
    return "—" if won.ratio is None else f"{won.converted} of {won.expected:.1f}"


def _nobodys(session: Session, caller: Actor) -> list[Nobodys]:
    rows = unroutable(session, Wanted(FIRST_UNROUTABLE)).items
    names = names_of_leads(session, caller, [row.lead_id for row in rows])
    return [
        Nobodys(row.lead_id, names[row.lead_id], row.since, row.reason)
        for row in rows
        if row.lead_id in names
    ]
