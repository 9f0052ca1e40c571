"""A working day: many leads at nine, more as the day goes on; who is told what, and who waits.

Every minute people who are free say the first word to the lead that their list names first,
arrivals are handed out in their requests, and what is due is escalated, all on a real store.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.rows import Row

if TYPE_CHECKING:
    from rich.console import Console
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from leadflow.settings import Settings

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
PEOPLE, BULK, AN_HOUR, HOURS = 20, 900, 5, 8
TEAM_SIZE = 5
# How long a first word takes: up to what the setting for the pace says.
QUICKEST = 0.5


@dataclass
class Day:
    """What came of it. ``waits``: minutes from its arrival to the first word, of each lead that
    came during the day and was touched; ``told``: notices by what they say; ``mails`` the most
    that one person got; ``above``: leads that belong to a lead of a team, manager or fallback
    owner; ``late``: touched after they were due; ``untouched`` at the end."""

    waits: list[float] = field(default_factory=list)
    told: Counter[str] = field(default_factory=Counter)
    mails: int = 0
    above: int = 0
    late: int = 0
    untouched: int = 0
    passed_on: int = 0


def rows(console: "Console") -> list[Row]:
    """The day with everybody at work, and with one who does nothing all day."""
    from benchmarks.own_store import own_store

    measured = []
    for asleep in (0, 1):
        with console.status("Working a day …"), own_store() as (engine, settings):
            day = work_a_day(engine, settings, asleep=asleep)
        named = f"a day of {PEOPLE} people, {BULK} leads at nine, {AN_HOUR} an hour"
        named += ", one does nothing" if asleep else ""
        promise = settings.sla_hot_minutes
        bound = promise if not asleep else None
        measured += [
            Row(f"{named}: longest wait of an arrival", max(day.waits), "min", None, bound),
            Row("… leads that belong to somebody above", day.above, "", None, 0),
            Row("… touched after they were due", day.late, "", None, None if asleep else 0),
            Row("… reminders", day.told["reminded"], "mails"),
            Row("… passed on to a colleague", day.passed_on, "leads"),
            Row("… offers to those above", day.told["offered"], "mails"),
            Row("… untouched at five", day.untouched, "leads"),
            Row("… most mails to one person about waiting leads", day.mails, "mails"),
        ]
    return measured


def work_a_day(
    engine: "Engine",
    settings: "Settings",
    people: int = PEOPLE,
    bulk: int = BULK,
    an_hour: float = AN_HOUR,
    hours: int = HOURS,
    asleep: int = 0,
    seed: int = 1,
) -> Day:
    """Simulate the day from nine on an empty store; ``asleep`` of the people do nothing."""
    from leadflow.assignment.routing.sweep import sweep
    from leadflow.database.engine import unit_of_work

    draw = np.random.default_rng(seed)
    with unit_of_work(engine) as session:
        names = _team(session, people)
        _leads(session, bulk, NINE)
        sweep(session, settings, None, NINE)
    arrivals = np.sort(draw.uniform(0, 60 * hours - 30, round(an_hour * hours)))
    came: dict[str, datetime] = {}
    free = dict.fromkeys(names[asleep:], 0.0)
    for minute in range(60 * hours):
        now = NINE + timedelta(minutes=minute)
        with unit_of_work(engine) as session:
            for _ in range(int(((arrivals >= minute - 1) & (arrivals < minute)).sum())):
                came |= dict.fromkeys(_arrive(session, settings, now), now)
            _work(session, settings, free, minute, now, draw)
        _watch(engine, settings, now)
    return _day(engine, came)


def _arrive(session: "Session", settings: "Settings", now: datetime) -> list[str]:
    from leadflow.assignment.routing.request import Routable, hand_out
    from leadflow.leads.service import lock_lead
    from leadflow.scoring.serving.score import current_score

    [lead_id] = _leads(session, 1, now)
    lead, score = lock_lead(session, lead_id), current_score(session, lead_id)
    return list(hand_out(session, settings, [Routable(lead, score)], now))


def _work(
    session: "Session",
    settings: "Settings",
    free: dict[str, float],
    minute: int,
    now: datetime,
    draw: np.random.Generator,
) -> None:
    """Whoever is free says the first word to the lead that is due first."""
    from sqlalchemy import select

    from leadflow.assignment.offered import waits
    from leadflow.assignment.tables import Assignment
    from leadflow.assignment.work.service import Said, touch

    first = (
        select(Assignment.rep_id, Assignment.lead_id)
        .where(waits(), Assignment.rep_id.in_([rep for rep, at in free.items() if at <= minute]))
        .distinct(Assignment.rep_id)
        .order_by(Assignment.rep_id, Assignment.due_at, Assignment.id)
    )
    for rep_id, lead_id in session.execute(first).all():
        touch(session, lead_id, Said(rep_id, now), "call")
        free[rep_id] = minute + settings.minutes_each * draw.uniform(QUICKEST, 1)


def _watch(engine: "Engine", settings: "Settings", now: datetime) -> None:
    from leadflow.assignment.work.escalation import escalate
    from leadflow.database.engine import unit_of_work

    more = True
    while more:
        with unit_of_work(engine) as session:
            more = bool(escalate(session, settings, now).leads)


def _day(engine: "Engine", came: dict[str, datetime]) -> Day:
    from sqlalchemy import select

    from leadflow.assignment.tables import Assignment, Rep
    from leadflow.database.engine import unit_of_work
    from leadflow.outbox.tables import OutboxRow

    day = Day()
    mails: Counter[str] = Counter()
    with unit_of_work(engine) as session:
        above = set(session.scalars(select(Rep.id).where((Rep.capacity == 0) | Rep.is_fallback)))
        for made in session.scalars(select(Assignment)):
            touched = made.first_touch_at
            if touched is not None and made.lead_id in came:
                day.waits.append((touched - came[made.lead_id]).total_seconds() / 60)
            day.late += touched is not None and made.due_at is not None and touched > made.due_at
            day.above += made.rep_id in above
            day.untouched += made.ended_at is None and touched is None
            day.passed_on += made.source == "escalation"
        for payload in session.scalars(
            select(OutboxRow.payload).where(OutboxRow.act == "notify_rep")
        ):
            day.told[payload["what"]] += 1
            if payload["what"] != "assigned":
                mails[f"{payload['to']}:{payload['rep_id']}"] += 1
    day.mails = max(mails.values(), default=0)
    return day


def _team(session: "Session", people: int) -> list[str]:
    """People in teams of five at their desks from nine to five, each under a lead; a manager and a
    head. The ids of those who take leads."""
    from sqlalchemy import select

    from leadflow.assignment.tables import Rep
    from leadflow.assignment.team.schemas import TeamIn
    from leadflow.assignment.team.versions import store_team

    week = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ("09:00-17:00",))
    teams = range((people + TEAM_SIZE - 1) // TEAM_SIZE)
    leads = [{"id": f"lead-{n}", "name": f"Lead {n}", "capacity": 0} for n in teams]
    reps = [
        {
            "id": f"rep-{n:02d}",
            "name": f"Rep {n}",
            "capacity": 100,
            "team": f"team {n // TEAM_SIZE}",
            "working_hours": {day: list(spans) for day, spans in week.items()},
        }
        for n in range(people)
    ]
    store_team(
        session,
        TeamIn.model_validate(
            {
                "fallback_owner": "head",
                "teams": [
                    {"name": f"team {n}", "lead": f"lead-{n}", "manager": "manager"} for n in teams
                ],
                "reps": [
                    {"id": "head", "name": "Head"},
                    {"id": "manager", "name": "Manager", "capacity": 0},
                    *leads,
                    *reps,
                ],
            }
        ),
    )
    working = select(Rep.id).where(Rep.capacity > 0).order_by(Rep.external_id)
    return list(session.scalars(working))


def _leads(session: "Session", count: int, now: datetime) -> Sequence[str]:
    """So many hot leads with a score of this moment."""
    from leadflow.leads.tables import Lead
    from leadflow.scoring.tables import LeadScore, ScorecardUsed

    session.merge(ScorecardUsed(id=1, regime="rubric", model_version="1", features=["f"]))
    made = [Lead(source="day") for _ in range(count)]
    session.add_all(made)
    session.flush()
    numbers = dict.fromkeys(("demographic", "behavioural", "engagement", "fit", "ai"), 50.0)
    session.add_all(
        LeadScore(
            lead_id=lead.id,
            as_of=now,
            scored_at=now,
            total_score=80.0,
            points=80.0,
            probability=0.5,
            probability_low=0.4,
            probability_high=0.6,
            confidence="high",
            level="hot",
            scorecard_id=1,
            contribution_points=[3.0],
            reason_places=[0],
            reason_texts=["A reason"],
            regime="rubric",
            model_version="1",
            **numbers,
        )
        for lead in made
    )
    session.flush()
    return [lead.id for lead in made]
