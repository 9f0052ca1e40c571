"""Use case: edit leads and score them anew."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from leadflow.intake.audit_notes import fingerprints, note
from leadflow.intake.decide import News, decide
from leadflow.intake.senders import Sender
from leadflow.intake.standings import LeadStanding
from leadflow.leads.editing import LeadChanged, edit_lead
from leadflow.leads.schemas import LeadEdit
from leadflow.leads.service import LeadNotFound, lock_standing
from leadflow.leads.tables import Lead
from leadflow.settings import Settings

if TYPE_CHECKING:
    from models.scores import Scorer

Values = dict[str, str | None]


@dataclass(frozen=True)
class Edit:
    """What changes of one lead, and who says so; ``still``: whether the lead is what they edit."""

    lead_id: str
    edit: LeadEdit
    sender: Sender
    still: Callable[[Lead], bool] = lambda _: True


def edit_leads(
    session: Session, edits: Sequence[Edit], scorer: "Scorer | None", settings: Settings
) -> list[LeadStanding | Exception]:
    """Change the fields that were sent and score the leads anew: where each stands, in order, or
    why it was not edited (``LeadNotFound``, ``LeadMerged``, ``LeadChanged``).

    Raises:
        LeadTaken, NoBudgetToCount: one of the edits cannot be made; nothing was changed.
    """
    leads, merged = lock_standing(session, sorted({one.lead_id for one in edits}))
    now = datetime.now(UTC)
    made: dict[int, tuple[Values, Values]] = {}
    errors: dict[int, Exception] = {}
    # One after the other: two of them may be of one lead.
    for place, one in enumerate(edits):
        lead = leads.get(one.lead_id)
        if lead is None:
            errors[place] = merged.get(one.lead_id) or LeadNotFound(one.lead_id)
        elif not one.still(lead):
            errors[place] = LeadChanged()
        else:
            made[place] = _make(session, one, lead, now)
    news = [News(leads[edits[place].lead_id], edits[place].sender) for place in made]
    where = decide(session, news, scorer, now, settings)
    for place, (before, after) in made.items():
        one = edits[place]
        note(session, one.sender, "lead.edited", one.lead_id, before=before, after=after)
    return [errors.get(place) or where[one.lead_id] for place, one in enumerate(edits)]


def _make(session: Session, one: Edit, lead: Lead, now: datetime) -> tuple[Values, Values]:
    """Make one edit; the fields it sets as they were before and as they are after it."""
    fields = one.edit.model_fields_set
    before = fingerprints(lead, fields)
    edit_lead(session, one.lead_id, one.edit, now, mark=False)
    return before, fingerprints(lead, fields)
