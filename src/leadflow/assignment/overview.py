"""What a manager looks at first: the best open leads, who has them and why."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from leadflow.assignment.tables import Assignment, Rep
from leadflow.leads.tables import Lead, Outcome
from leadflow.scoring.tables import LeadScore


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
    """The open leads with the highest current scores, best first."""
    ended = exists().where(Outcome.lead_id == Lead.id)
    rows = session.execute(
        select(Lead, LeadScore, Assignment, Rep)
        .join(LeadScore, (LeadScore.lead_id == Lead.id) & LeadScore.is_current)
        .outerjoin(Assignment, (Assignment.lead_id == Lead.id) & Assignment.ended_at.is_(None))
        .outerjoin(Rep, Rep.id == Assignment.rep_id)
        .where(~ended)
        .order_by(LeadScore.total_score.desc(), LeadScore.probability.desc(), Lead.id)
        .limit(count)
    )
    return [_line(*row) for row in rows]


def _line(lead: Lead, score: LeadScore, assignment: Assignment | None, rep: Rep | None) -> BestLead:
    return BestLead(
        lead_id=lead.id,
        company=lead.company_name or "(no company)",
        job_title=lead.job_title or "(no job title)",
        total=score.total_score,
        probability=score.probability,
        level=score.level,
        reasons=[_words(reason) for reason in score.reasons[:3]],
        owner=rep.name if rep else None,
        why=assignment.reason if assignment else None,
    )


def _words(reason: dict[str, Any]) -> str:
    return f"{reason['text']} ({reason['points']:+.0f})"
