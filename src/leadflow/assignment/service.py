"""The sweep: every qualified lead without a salesperson gets one, in one transaction."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from leadflow.assignment.deciding import Decision, decide
from leadflow.assignment.eligibility import LeadFacts
from leadflow.assignment.strategies import find_strategy
from leadflow.assignment.tables import Assignment
from leadflow.assignment.team import read_reps, skill_names
from leadflow.audit import service as audit
from leadflow.database.ids import new_id
from leadflow.leads.tables import Lead, Outcome
from leadflow.scoring.overrides import effective_level, effective_score, in_force
from leadflow.scoring.tables import LeadScore, ScoreOverride
from leadflow.settings import Settings

SWEEP_LOCK = 7_240_002
QUALIFIED = ("hot", "warm")


@dataclass(frozen=True)
class SweepResult:
    """What one sweep did. ``rows`` name leads and reps by id only, with the reason."""

    assigned: int
    unroutable: int
    rows: list[dict[str, Any]]


def sweep(
    session: Session,
    settings: Settings,
    strategy: str | None,
    now: datetime,
    limit: int = 2000,
) -> SweepResult:
    """Assign up to ``limit`` qualified, open, unassigned leads, best score first; where a person
    has overridden a score, theirs counts.

    Sweeps take turns by a lock that ends with the transaction, so loads are counted right; that no
    lead gets two owners is kept by an index besides.

    Raises:
        UnknownStrategy: there is no such strategy.
    """
    name = strategy or settings.assignment_strategy
    chosen = find_strategy(name)
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": SWEEP_LOCK})
    end_closed(session, now)
    reps = read_reps(session)
    decisions = decide(_due_leads(session, now, limit), reps, chosen, name)
    made = [decision for decision in decisions if decision.rep_id is not None]
    written = _write(session, made, name, now)
    unroutable = [decision for decision in decisions if decision.rep_id is None]
    if decisions:
        audit.record(
            session,
            "assign_leads",
            "leads.assigned",
            f"sweep/{now.isoformat()}",
            {
                "strategy": name,
                "assigned": written,
                "unroutable": len(unroutable),
                "per_rep": dict(Counter(str(decision.rep_id) for decision in made)),
            },
        )
    return SweepResult(written, len(unroutable), [_row(d) for d in (*made, *unroutable)])


def _due_leads(session: Session, now: datetime, limit: int) -> list[LeadFacts]:
    skills = skill_names(session)
    owned = exists().where(Assignment.lead_id == Lead.id, Assignment.ended_at.is_(None))
    closed = exists().where(Outcome.lead_id == Lead.id)
    rows = session.execute(
        select(
            Lead.id,
            Lead.country,
            Lead.region,
            Lead.industry,
            Lead.company_size,
            Lead.service_requirements,
        )
        .join(LeadScore, (LeadScore.lead_id == Lead.id) & LeadScore.is_current)
        .outerjoin(ScoreOverride, (ScoreOverride.lead_id == Lead.id) & in_force(now))
        .where(effective_level().in_(QUALIFIED), ~owned, ~closed)
        .order_by(effective_score().desc(), Lead.id)
        .limit(limit)
    )
    return [
        LeadFacts(
            lead_id=row.id,
            country=row.country,
            region=row.region,
            industry=row.industry,
            company_size=row.company_size,
            wants=frozenset(row.service_requirements or ()) & skills,
        )
        for row in rows
    ]


def _write(session: Session, made: Sequence[Decision], strategy: str, now: datetime) -> int:
    if not made:
        return 0
    rows = [
        {
            "id": new_id("assign"),
            "lead_id": decision.lead_id,
            "rep_id": decision.rep_id,
            "strategy": strategy,
            "reason": decision.reason,
            "source": "sweep",
            "assigned_by": "assign_leads",
            "assigned_at": now,
        }
        for decision in made
    ]
    written = session.execute(
        insert(Assignment).on_conflict_do_nothing().returning(Assignment.id), rows
    )
    return len(written.all())


def _row(decision: Decision) -> dict[str, Any]:
    return {"lead": decision.lead_id, "rep": decision.rep_id or "nobody", "why": decision.reason}


def end_closed(session: Session, now: datetime, lead_id: str | None = None) -> None:
    """End the assignments of leads that have converted or been lost, of all or of one: they are no
    work any more, and their salespeople are free for others."""
    last = (
        select(Outcome.outcome)
        .where(Outcome.lead_id == Assignment.lead_id)
        .order_by(Outcome.occurred_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    closed = update(Assignment).where(Assignment.ended_at.is_(None), last.is_not(None))
    if lead_id is not None:
        closed = closed.where(Assignment.lead_id == lead_id)
    session.execute(
        closed.values(ended_at=func.greatest(now, Assignment.assigned_at), end_reason=last)
    )
