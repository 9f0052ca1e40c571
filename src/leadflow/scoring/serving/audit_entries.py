"""Audit entries of scores: one for a score given in a request, one for a batch. Each score with its
reasons is in the history of scores, under its lead and moment."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from leadflow.audit import service as audit
from leadflow.audit.context import Acting
from leadflow.audit.entries import Entry
from leadflow.observability.steps import step
from leadflow.scoring.tables import LeadScore


@dataclass(frozen=True)
class Rescored:
    """One lead's score, and the one that counted before. ``request``: where it comes from, if not
    from the context of this thread."""

    score: LeadScore
    before: LeadScore | None
    by: str
    request: Acting | None = None


def score_entries(scored: Iterable[Rescored]) -> list[Entry]:
    """An entry for each of these."""
    # Objects that entries share are written once for all of them.
    details: dict[tuple[datetime, str], dict[str, Any]] = {}
    figures: dict[tuple[float, str], dict[str, Any]] = {}

    def detail(score: LeadScore) -> dict[str, Any]:
        key = score.as_of, score.model_version
        if key not in details:
            details[key] = {"as_of": score.as_of.isoformat(), "model_version": score.model_version}
        return details[key]

    def said(score: LeadScore) -> dict[str, Any]:
        rounded, level = round(score.total_score, 4), score.level
        return figures.setdefault((rounded, level), {"score": rounded, "level": level})

    return [
        Entry(
            one.by,
            "lead.scored",
            one.score.lead_id,
            detail(one.score),
            why=f"scored by the {one.score.regime}",
            before=None if one.before is None else said(one.before),
            after=said(one.score),
            origin=None if one.request is None else one.request.origin,
            request_id=None if one.request is None else one.request.request_id,
        )
        for one in scored
    ]


@step("audit")
def audit_batch(
    session: Session, by: str, subject: str, as_of: datetime, version: str, leads: int, why: str
) -> None:
    """A batch of leads that were scored as of the same moment."""
    detail = {"as_of": as_of.isoformat(), "model_version": version, "leads": leads}
    audit.record(session, by, "leads.scored", subject, detail, why=why)
