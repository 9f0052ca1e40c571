"""Audit entries of scores: one for a score given in a request, one for a batch. Each score with its
reasons is in the history of scores, under its lead and moment."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from leadflow.audit import service as audit
from leadflow.audit.context import Acting
from leadflow.audit.entries import Entry
from leadflow.observability.steps import step
from leadflow.scoring.tables import LeadScore


def score_entry(
    score: LeadScore, before: LeadScore | None, by: str, request: Acting | None = None
) -> Entry:
    """One lead's score, and the one that counted before. ``request``: where it comes from, if not
    from the context of this thread."""
    return Entry(
        by,
        "lead.scored",
        score.lead_id,
        {"as_of": score.as_of.isoformat(), "model_version": score.model_version},
        why=f"scored by the {score.regime}",
        before=None if before is None else _figures(before),
        after=_figures(score),
        origin=None if request is None else request.origin,
        request_id=None if request is None else request.request_id,
    )


@step("audit")
def audit_batch(
    session: Session, by: str, subject: str, as_of: datetime, version: str, leads: int, why: str
) -> None:
    """A batch of leads that were scored as of the same moment."""
    detail = {"as_of": as_of.isoformat(), "model_version": version, "leads": leads}
    audit.record(session, by, "leads.scored", subject, detail, why=why)


def _figures(score: LeadScore) -> dict[str, Any]:
    return {"score": round(score.total_score, 4), "level": score.level}
