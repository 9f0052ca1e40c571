"""How quickly leads are handed out: a sweep of ten thousand, and one in its request."""

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.rows import Row

if TYPE_CHECKING:
    from rich.console import Console
    from sqlalchemy import Engine

    from leadflow.settings import Settings

SEED, LEADS, REPS, REPS_OF_ONE, ONE_BY_ONE = 4, 10_000, 100, 200, 1_000
STRATEGIES = ("hybrid", "round_robin", "performance_weighted", "optimal")
ODOO = "Odoo 19, measured on such a machine: 5,000 leads to 10 members in 89 s"
ODOO_SECONDS = LEADS * 89 / 5_000


def rows(console: "Console") -> list[Row]:
    """The sweep with strategies that decide lead by lead and with the optimal one, then single
    leads; everything on a simulated market scored by the rubric."""
    from benchmarks.own_store import own_store

    with console.status("Sweeping …"), own_store() as (engine, settings):
        _market(engine, settings)
        measured = [_sweep(engine, settings, name) for name in STRATEGIES]
        return [*measured, *_one_by_one(engine, settings)]


def _market(engine: "Engine", settings: "Settings") -> None:
    """Open leads with a score each, none of them anybody's."""
    from sqlalchemy import text

    from benchmarks.scoring import everything
    from benchmarks.store import NOW
    from leadflow.simulation.service import simulate
    from models.rubric import Rubric

    size = LEADS + ONE_BY_ONE
    simulate(engine, settings, seed=SEED, leads=size, months=3.0, reps=REPS_OF_ONE, now=NOW)
    _team(engine, REPS)
    everything(Rubric.load(), settings)
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE outcomes"))
    _everybody_has_room(engine)


def _everybody_has_room(engine: "Engine") -> None:
    from sqlalchemy import text

    with engine.begin() as connection:
        connection.execute(text("TRUNCATE assignments, assignment_decisions CASCADE"))
        connection.execute(text("TRUNCATE assignment_batches, assignment_turns, unroutable_leads"))
        connection.execute(text("UPDATE rep_loads SET open_leads = 0"))


def _sweep(engine: "Engine", settings: "Settings", strategy: str) -> Row:
    from leadflow.assignment.routing.sweep import sweep
    from leadflow.database.engine import unit_of_work

    _rules(engine, {"strategy": strategy, "at_once": True})
    _everybody_has_room(engine)
    start = time.perf_counter()
    with unit_of_work(engine) as session:
        done = sweep(session, settings, None, datetime.now(UTC), limit=LEADS)
    seconds = time.perf_counter() - start
    name = f"sweep, {strategy}: {done.leads:,} leads x {REPS} reps, read to written"
    return Row(f"{name} ({done.assigned:,} assigned)", seconds, "s", None, 5.0, ODOO, ODOO_SECONDS)


def _one_by_one(engine: "Engine", settings: "Settings") -> list[Row]:
    """Leads routed one after the other, each in a transaction of its own, committed."""
    from sqlalchemy import select

    from leadflow.assignment.routing.request import Routable, hand_out
    from leadflow.database.engine import unit_of_work
    from leadflow.leads.service import lock_lead
    from leadflow.leads.tables import Lead
    from leadflow.scoring.serving.score import current_score

    _team(engine, REPS_OF_ONE)
    _rules(engine, {"strategy": "hybrid", "at_once": True})
    _everybody_has_room(engine)
    with unit_of_work(engine) as session:
        leads = list(session.scalars(select(Lead.id).order_by(Lead.id.desc()).limit(ONE_BY_ONE)))
    deciding, whole, given = [], [], 0
    for lead_id in leads:
        start = time.perf_counter()
        with unit_of_work(engine) as session:
            lead, score = lock_lead(session, lead_id), current_score(session, lead_id)
            before = time.perf_counter()
            made = hand_out(session, settings, [Routable(lead, score)], datetime.now(UTC))
            deciding.append(time.perf_counter() - before)
        whole.append(time.perf_counter() - start)
        given += len(made)
    p50, p99 = np.quantile(deciding, [0.5, 0.99]) * 1000
    committed = float(np.quantile(whole, 0.99) * 1000)
    what = f"one lead routed, {REPS_OF_ONE} reps"
    return [
        Row(f"{what}, p50 ({given:,} assigned)", float(p50), "ms"),
        Row(f"{what}, p99", float(p99), "ms", None, 10.0, "with its transaction", committed),
    ]


def _rules(engine: "Engine", default: dict[str, Any]) -> None:
    from leadflow.assignment.choice.actions import AssignActions
    from leadflow.database.engine import unit_of_work
    from leadflow.rules.schemas import parse_rules
    from leadflow.rules.service import store_rules

    rules = parse_rules({"rules": [], "default": default}, AssignActions)
    with unit_of_work(engine) as session:
        store_rules(session, "assignment", rules, "benchmark", None, True)


def _team(engine: "Engine", size: int) -> None:
    """So many active salespeople with room for all leads together; the first is their head."""
    from leadflow.assignment.team.versions import store_team
    from leadflow.database.engine import unit_of_work
    from leadflow.simulation.team import make_team

    team = make_team(SEED, REPS_OF_ONE, 150)
    reps = [rep.model_copy(update={"active": place <= size}) for place, rep in enumerate(team.reps)]
    with unit_of_work(engine) as session:
        store_team(session, team.model_copy(update={"reps": reps}))
