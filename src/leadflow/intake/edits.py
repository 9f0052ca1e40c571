"""Use case: edit leads and score them anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from leadflow.intake.audit_notes import fingerprints, note
from leadflow.intake.decide import News, decide
from leadflow.intake.senders import Sender
from leadflow.intake.standings import Standing
from leadflow.leads.editing import edit_lead
from leadflow.leads.schemas import LeadEdit
from leadflow.leads.service import LeadNotFound, lock_leads
from leadflow.settings import Settings

if TYPE_CHECKING:
    from models.scores import Scorer


@dataclass(frozen=True)
class Edit:
    """What changes of one lead, and who says so."""

    lead_id: str
    edit: LeadEdit
    sender: Sender


def edit_leads(
    session: Session, edits: Sequence[Edit], scorer: "Scorer | None", settings: Settings
) -> list[Standing | Exception]:
    """Change the fields that were sent and score the leads anew: where each stands, in order, or
    ``LeadNotFound``.

    Raises:
        LeadTaken, NoBudgetToCount: one of the edits cannot be made; nothing was changed.
    """
    leads = lock_leads(session, sorted({one.lead_id for one in edits}))
    now = datetime.now(UTC)
    there = [one for one in edits if one.lead_id in leads]
    was = [fingerprints(leads[one.lead_id], one.edit.model_fields_set) for one in there]
    for one in there:
        edit_lead(session, one.lead_id, one.edit, now, mark=False)
    news = [News(leads[one.lead_id], one.sender) for one in there]
    where = decide(session, news, scorer, now, settings)
    for one, before in zip(there, was, strict=True):
        after = fingerprints(leads[one.lead_id], one.edit.model_fields_set)
        note(session, one.sender, "lead.edited", one.lead_id, before=before, after=after)
    return [where.get(one.lead_id) or LeadNotFound(one.lead_id) for one in edits]
