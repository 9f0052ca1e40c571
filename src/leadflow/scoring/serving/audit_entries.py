"""What the audit log is told of scores: one entry for a score given in a request, one for a batch.
Each score with its reasons is in the history of scores, under its lead and moment."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.audit import service as audit
from leadflow.audit.entries import Entry
from leadflow.audit.queue import record_soon
from leadflow.observability.steps import step
from leadflow.scoring.tables import LeadScore


@step("audit")
def audit_score(session: Session, score: LeadScore, by: str, new_lead: bool = False) -> None:
    """One lead's score, and the one it had before."""
    entry = Entry(
        by,
        "lead.scored",
        score.lead_id,
        {"as_of": score.as_of.isoformat(), "model_version": score.model_version},
        why=f"scored by the {score.regime}",
        before=None if new_lead else _before(session, score),
        after=_figures(score.total_score, score.level),
    )
    record_soon(session, entry)


@step("audit")
def audit_batch(
    session: Session, by: str, subject: str, as_of: datetime, version: str, leads: int, why: str
) -> None:
    """A batch of leads that were scored as of the same moment."""
    detail = {"as_of": as_of.isoformat(), "model_version": version, "leads": leads}
    audit.record(session, by, "leads.scored", subject, detail, why=why)


def _before(session: Session, score: LeadScore) -> dict[str, Any] | None:
    found = session.execute(
        select(LeadScore.total_score, LeadScore.level)
        .where(LeadScore.lead_id == score.lead_id, LeadScore.as_of < score.as_of)
        .order_by(LeadScore.as_of.desc())
        .limit(1)
    ).first()
    return None if found is None else _figures(found.total_score, found.level)


def _figures(total_score: float, level: str) -> dict[str, Any]:
    return {"score": round(total_score, 4), "level": level}
