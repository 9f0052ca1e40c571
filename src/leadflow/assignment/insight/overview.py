"""The manager's overview: the best open leads, their salespeople and the reasons."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from leadflow.assignment.tables import Assignment, Rep
from leadflow.assignment.team.naming import names_of_people
from leadflow.leads.tables import Lead, Outcome
from leadflow.scoring.overrides.effective import effective
from leadflow.scoring.overrides.standing import effective_score, in_force
from leadflow.scoring.tables import LeadScore, ScoreOverride


@dataclass(frozen=True)
class BestLead:
    """One line of the table of the best leads. ``owner`` and ``why`` are None if not assigned."""

    lead_id: str
    company: str
    job_title: str
    total: float
    probability: float
    level: str
    reasons: list[str]
    owner: str | None
    why: str | None


def best_leads(session: Session, count: int) -> list[BestLead]:
    """The open leads with the highest scores that count, best first."""
    ended = exists().where(Outcome.lead_id == Lead.id)
    rows = session.execute(
        select(Lead, LeadScore, ScoreOverride, Assignment, Rep)
        .join(LeadScore, (LeadScore.lead_id == Lead.id) & LeadScore.is_current)
        .outerjoin(ScoreOverride, (ScoreOverride.lead_id == Lead.id) & in_force(func.now()))
        .outerjoin(Assignment, (Assignment.lead_id == Lead.id) & Assignment.ended_at.is_(None))
        .outerjoin(Rep, Rep.id == Assignment.rep_id)
        .where(~ended)
        .order_by(effective_score().desc(), LeadScore.probability.desc(), Lead.id)
        .limit(count)
    )
    found = rows.tuples().all()
    names = names_of_people(session, [row[2].override_by for row in found if row[2] is not None])
    return [_line(*row, names) for row in found]


def _line(
    lead: Lead,
    score: LeadScore,
    override: ScoreOverride | None,
    assignment: Assignment | None,
    rep: Rep | None,
    names: Mapping[str, str],
) -> BestLead:
    said = (score.total_score, score.level)
    counts = effective(*said, (override.new_score, override.level) if override else None)
    reasons = [_words(reason) for reason in score.reasons[:3]]
    if override is not None:
        by = names.get(override.override_by, override.set_by)
        reasons.insert(0, f"Set by {by}; the model says {score.total_score:.0f}")
    return BestLead(
        lead_id=lead.id,
        company=lead.company_name or "(no company)",
        job_title=lead.job_title or "(no job title)",
        total=counts.total,
        probability=score.probability,
        level=counts.level,
        reasons=reasons,
        owner=rep.name if rep else None,
        why=assignment.why if assignment else None,
    )


def _words(reason: dict[str, Any]) -> str:
    return f"{reason['text']} ({reason['points']:+.0f})"
