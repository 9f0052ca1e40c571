"""Comparing strategies on the leads of the past."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

import numpy as np
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from features.how_many import how_many, of_number
from leadflow.assignment.choice.plan import with_effects
from leadflow.assignment.choice.rep_effects import Counts, RepEffects, fit_effects
from leadflow.assignment.choice.strategies import STRATEGY_NAMES, StrategyName
from leadflow.assignment.insight.replay import Estimate, PastLead, compare, replay, verdict
from leadflow.assignment.routing.open_leads import lead_columns, lead_snapshot
from leadflow.assignment.routing.rulebook import rulebook
from leadflow.assignment.snapshots import LeadSnapshot
from leadflow.assignment.team.cached_team import read_cached_team
from leadflow.assignment.team.track_record import mature
from leadflow.leads.tables import Lead
from leadflow.rules.service import lead_source
from leadflow.settings import Settings

MOST_LEADS = 5_000
HALVES_SEED = 11


@dataclass(frozen=True)
class Comparison:
    """Estimates by strategy, the best first. ``leads`` were replayed, all of the judging half;
    ``learned_from``: leads of the other half, which effects for choosing were learned from."""

    leads: int
    learned_from: int
    reps: int
    between: float
    estimates: list[Estimate]
    verdict: str


class NothingToCompare(LookupError):
    """There are too few past leads with a salesperson whose time has passed."""

    def __init__(self, found: int) -> None:
        super().__init__(
            f"{how_many(found, 'past lead')} had a salesperson and {of_number(found, 'has')} had "
            "their time: at least 50 are needed. Leads count once the horizon has passed "
            "since they were handed out."
        )


def compare_strategies(
    session: Session,
    settings: Settings,
    now: datetime,
    last: int = 2_000,
    strategies: Sequence[str] = STRATEGY_NAMES,
) -> Comparison:
    """What each strategy would have made of the last leads that have had their time.

    Effects of salespeople for choosing are learned from a random half of all past leads, those for
    judging from the other, whose newest ``last`` are replayed. Everybody's hours and days off are
    left out of it: those of today say nothing about the past.

    Raises:
        NothingToCompare: there are fewer than 50 such leads.
    """
    rows = _past(session, settings, now)
    if len(rows) < 50:
        raise NothingToCompare(len(rows))
    present = read_cached_team(session, settings, now)
    ids = [rep.rep_id for rep in present.team.reps]
    half = np.random.default_rng(HALVES_SEED).random(len(rows)) < 0.5
    choosing = _effects([row for row, one in zip(rows, half, strict=True) if one], ids)
    judged = [row for row, one in zip(rows, half, strict=True) if not one]
    judging = _effects(judged, ids)
    past = [_past_lead(row, present.skills, now) for row in judged[-min(last, MOST_LEADS) :]]
    reps = tuple(replace(rep, calendar=None) for rep in present.team.reps)
    setting = replace(present.setting, reps=reps, chances=with_effects(choosing), _people={})
    newcomers = choosing.leads < settings.assignment_newcomer_leads
    weights = rulebook(session, settings).weights
    names = list(dict.fromkeys(["round_robin", *strategies]))
    chosen = {
        name: replay(past, setting, cast("StrategyName", name), weights, newcomers)
        for name in names
    }
    estimates = compare(chosen, [lead.facts for lead in past], judging)
    return Comparison(
        leads=len(past),
        learned_from=int(half.sum()),
        reps=len(ids),
        between=judging.between,
        estimates=estimates,
        verdict=verdict(estimates),
    )


def _past(session: Session, settings: Settings, now: datetime) -> list[Row[Any]]:
    """Every past assignment that has had its time, with its lead, in the order of time."""
    ended = mature(now, timedelta(days=settings.horizon_days)).subquery()
    return list(
        session.execute(
            select(
                *lead_columns(),
                ended.c.rep_id,
                ended.c.segment,
                ended.c.probability.label("expected"),
                ended.c.converted,
                ended.c.assigned_at,
                ended.c.ended_at,
            )
            .select_from(lead_source(now))
            .join(ended, ended.c.lead_id == Lead.id)
            .order_by(ended.c.assigned_at, ended.c.assignment_id)
        )
    )


def _effects(rows: Sequence[Row[Any]], ids: Sequence[str]) -> RepEffects:
    places = {rep_id: place for place, rep_id in enumerate(ids)}
    segments = sorted({row.segment for row in rows})
    columns = {segment: place for place, segment in enumerate(segments)}
    known = [row for row in rows if row.rep_id in places]
    counts = Counts.of(
        np.array([places[row.rep_id] for row in known], dtype=np.intp),
        np.array([columns[row.segment] for row in known], dtype=np.intp),
        np.array([row.expected for row in known], dtype=float),
        np.array([bool(row.converted) for row in known]),
        (len(ids), len(segments)),
    )
    return fit_effects(counts, ids, segments)


def _past_lead(row: Row[Any], skills: frozenset[str], now: datetime) -> PastLead:
    facts: LeadSnapshot = lead_snapshot(row._mapping, skills, 1.0)
    ended = row.ended_at or now
    return PastLead(
        facts=replace(facts, probability=row.expected, industry=row.segment or None),
        came_at=row.assigned_at,
        in_work=max(ended - row.assigned_at, timedelta()),
    )
