"""Where a lead stands, put together from leads, scoring and assignment."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.gateway.api.assignments import owner_of
from leadflow.gateway.api.schemas import LeadAnswer, LeadOut, LeadStatus, LeadView, Owner, ScoreOut
from leadflow.leads.service import get_lead
from leadflow.leads.tables import Lead, Outcome
from leadflow.qualification.service import status_of
from leadflow.scoring.levels import NEXT_STEPS
from leadflow.scoring.overrides.service import active_override
from leadflow.scoring.serving.score import LeadNotScored, current_score
from leadflow.scoring.tables import LeadScore

HAS_IT = "{name} has this lead and gets in touch."


def lead_answer(session: Session, lead_id: str, created: bool, now: datetime) -> LeadAnswer:
    """The answer to a lead that was taken in."""
    score = score_of(session, lead_id, now)
    return LeadAnswer(
        created=created,
        lead=LeadOut.of(get_lead(session, lead_id)),
        score=score,
        owner=owner_of(session, lead_id),
        next_step=next_step(session, lead_id, score),
    )


def new_lead_answer(lead: Lead, score: LeadScore, owner: Owner | None) -> LeadAnswer:
    """The answer to a lead that nobody knew before: it has no outcome and no override."""
    return LeadAnswer(
        created=True,
        lead=LeadOut.of(lead),
        score=ScoreOut.of(score, None, "not asked"),
        owner=owner,
        next_step=NEXT_STEPS[score.level] if owner is None else HAS_IT.format(name=owner.name),
    )


def lead_view(session: Session, lead_id: str, now: datetime) -> LeadView:
    """A lead with its score, which it may not have yet."""
    lead, score = get_lead(session, lead_id), score_if_any(session, lead_id, now)
    return LeadView(
        lead=LeadOut.of(lead), score=score, next_step=next_step(session, lead_id, score)
    )


def lead_standing(session: Session, lead_id: str, now: datetime) -> LeadStatus:
    """A lead's score, its salesperson and why that one, its outcome, and what happens next."""
    lead, score = get_lead(session, lead_id), score_if_any(session, lead_id, now)
    return LeadStatus(
        lead_id=lead.id,
        score=score,
        owner=owner_of(session, lead.id),
        outcome=_outcome(session, lead.id),
        next_step=next_step(session, lead.id, score),
    )


def score_of(session: Session, lead_id: str, now: datetime) -> ScoreOut:
    """The model's score and the override in force.

    Raises:
        LeadNotScored: it has no score yet.
    """
    return ScoreOut.of(
        current_score(session, lead_id),
        active_override(session, lead_id, now),
        status_of(session, lead_id),
    )


def score_if_any(session: Session, lead_id: str, now: datetime) -> ScoreOut | None:
    """The score, or None where the lead has none yet."""
    try:
        return score_of(session, lead_id, now)
    except LeadNotScored:
        return None


def next_step(session: Session, lead_id: str, score: ScoreOut | None) -> str:
    """What happens with the lead next, in a sentence."""
    outcome, owner = _outcome(session, lead_id), owner_of(session, lead_id)
    if outcome is not None:
        return f"Nothing: the lead has {'converted' if outcome == 'converted' else 'been lost'}."
    if owner is not None:
        return HAS_IT.format(name=owner.name)
    if score is None:
        return "Scored at the next run of score_leads."
    if score.override is None:
        return NEXT_STEPS[score.level]
    whose = f"By {score.override.override_by}'s score, until {score.override.expires_at:%Y-%m-%d}"
    return f"{whose}: {NEXT_STEPS[score.override.level]}"


def _outcome(session: Session, lead_id: str) -> str | None:
    return session.scalars(
        select(Outcome.outcome)
        .where(Outcome.lead_id == lead_id)
        .order_by(Outcome.occurred_at.desc())
        .limit(1)
    ).first()
