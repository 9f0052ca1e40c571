"""Who is overloaded or late, and how everybody does: the page of the team."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from features.how_many import how_many, of_number
from leadflow.accounts.actors import Actor
from leadflow.assignment.insight.performance_report import Conversion, Fairness, Record
from leadflow.assignment.insight.team_figures import TeamFigures, late_by_rep
from leadflow.assignment.team.roster import RosterEntry, roster
from leadflow.assignment.team.store import rep_names
from leadflow.charts.figures import Bar, Figure, Table, bars
from leadflow.database.engine import unit_of_work
from leadflow.gateway.console.charts.pictures import picture
from leadflow.gateway.console.forms import ReadingFigures, ReadingTeam
from leadflow.gateway.console.notices import Notice
from leadflow.gateway.console.rendering import page
from leadflow.gateway.console.team.recent_figures import recent_figures
from leadflow.settings import get_settings

router = APIRouter(include_in_schema=False)
PATH = "/console/team"
MOST_BARS, FIRST = 20, 50
EVEN, UNEVEN = 0.2, 0.4


@dataclass(frozen=True)
class Line:
    """One salesperson on the page; without ``record`` and ``conversion`` where the reader may not
    know them, or there are none."""

    entry: RosterEntry
    late: int
    record: Record | None
    conversion: Conversion | None

    @property
    def full(self) -> bool:
        """Whether they have no more room."""
        limit = self.entry.facts.limit
        return self.entry.facts.active and bool(limit) and self.entry.facts.load >= (limit or 0)

    @property
    def share(self) -> float:
        """How much of their room is taken, from 0 on."""
        limit = self.entry.facts.limit
        return self.entry.facts.load / limit if limit else 0.0


@router.get(PATH)
def show(request: Request, caller: ReadingTeam, everybody: bool = False) -> Response:
    """The team, whoever needs a look first; of a large one those alone, until all are asked for."""
    return team_page(request, caller, everybody=everybody)


@router.get(PATH + "/conversion.svg")
async def draw_conversion(caller: ReadingFigures) -> Response:
    """Conversion against expectation, as a picture."""
    return await picture(await run_in_threadpool(_conversion))


def team_page(
    request: Request,
    caller: Actor,
    status: int = 200,
    told: Notice | None = None,
    everybody: bool = False,
) -> Response:
    """The page as it stands now, and what came of a form on it."""
    now = datetime.now(UTC)
    with unit_of_work() as session:
        figures = _figures(session, caller, now)
        lines = _lines(session, figures, now)
    names = {line.entry.facts.rep_id: line.entry.given.name for line in lines}
    return page(
        request,
        "team/overview.html",
        caller,
        status,
        told,
        answer=answer(lines),
        lines=lines if everybody else lines[:FIRST],
        more=0 if everybody else max(0, len(lines) - FIRST),
        figures=figures,
        fairness=None if figures is None else fairness_words(figures.fairness),
        chart=None if figures is None else conversion_figure(figures, names),
        may_change=caller.reach("team.write") is not None,
    )


def answer(lines: Sequence[Line]) -> str:
    """Who is overloaded or late, in a sentence."""
    active = [line for line in lines if line.entry.facts.active]
    if not active:
        return "Nobody is in the team yet"
    full, late = sum(line.full for line in active), sum(line.late for line in active)
    some = f"{full:,} of {how_many(len(active), 'salesperson')}"
    room = f"{some} {of_number(full, 'has')} no more room" if full else "Everybody has room"
    overdue = (
        f"{how_many(late, 'lead')} {of_number(late, 'is')} late" if late else "no lead is late"
    )
    return f"{room}; {overdue}"


def conversion_figure(found: TeamFigures, names: dict[str, str]) -> Figure | None:
    """Everybody's conversions against what the score expected; None before there are any."""
    known = [(rep, one) for rep, one in found.conversions.items() if one.ratio is not None]
    if not known:
        return None
    known.sort(key=lambda one: -(one[1].ratio or 0))
    above = sum((one.low or 0) > 1 for _, one in known)
    below = sum((one.high or 0) < 1 for _, one in known)
    title = f"{above:,} convert clearly more than expected, {below:,} clearly less"
    if not above and not below:
        title = "Nobody converts clearly more or less than expected"
    rows = [
        [
            names.get(rep, rep),
            f"{one.leads:,}",
            f"{one.converted:,}",
            f"{one.expected:.1f}",
            f"{one.ratio:.2f} ({one.low:.2f} to {one.high:.2f})",
        ]
        for rep, one in known
    ]
    columns = ("Who", "Leads", "Converted", "Expected", "Ratio, 9 times in 10 between")
    shown = [
        Bar(names.get(rep, rep), one.ratio or 0, one.low, one.high, (one.high or 1) < 1)
        for rep, one in _ends(known)
    ]
    axis = "Converted over expected (line: 9 times in 10)"
    return bars(title, shown, axis, Table(columns, rows), 1.0, "as expected", ".1f")


def _conversion() -> Figure | None:
    with unit_of_work() as session:
        found = recent_figures(session, get_settings(), datetime.now(UTC))
        return conversion_figure(found, rep_names(session))


def _ends(known: list[tuple[str, Conversion]]) -> list[tuple[str, Conversion]]:
    """Those that fit: the best and the last."""
    if len(known) <= MOST_BARS:
        return known
    return known[: MOST_BARS // 2] + known[-MOST_BARS // 2 :]


def fairness_words(found: Fairness) -> str | None:
    """How evenly leads are given out, for their room; None where nobody got any."""
    gini = found.gini_by_capacity
    if gini is None:
        return None
    how = "evenly" if gini < EVEN else "somewhat unevenly" if gini < UNEVEN else "unevenly"
    return (
        f"For the room they have, leads were given out {how}. Inequality (Gini) {gini:.2f}: "
        "0 is equal, 1 is all to one."
    )


def _figures(session: Session, caller: Actor, now: datetime) -> TeamFigures | None:
    if caller.reach("analytics.read") is None:
        return None
    return recent_figures(session, get_settings(), now)


def _lines(session: Session, found: TeamFigures | None, now: datetime) -> list[Line]:
    late = late_by_rep(session, now)
    lines = [
        Line(
            entry,
            late.get(entry.facts.rep_id, 0),
            None if found is None else found.records.get(entry.facts.rep_id),
            None if found is None else found.conversions.get(entry.facts.rep_id),
        )
        for entry in roster(session, now)
    ]
    return sorted(lines, key=lambda line: (not line.entry.facts.active, -line.late, -line.share))
