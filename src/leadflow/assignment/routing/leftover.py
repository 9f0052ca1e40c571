"""The list of leads that should have a salesperson and that nobody can take."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ARRAY, ColumnElement, Text, any_, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from leadflow.assignment.choice.plan import Choice
from leadflow.assignment.sweep_tables import UnroutableLead
from leadflow.database.copying import run

# Every request that hands a lead out says this.
TAKE_OFF = "DELETE FROM unroutable_leads WHERE lead_id = ANY(%(found)s)"


def without_repeated(session: Session, decisions: Sequence[Choice], now: datetime) -> list[Choice]:
    """The decisions that say something new: all but those of leads that are on the list for the
    same reason, which are marked as tried once more."""
    nobody = {made.lead.lead_id: made.reason for made in decisions if made.rep is None}
    if not nobody:
        return list(decisions)
    listed = select(UnroutableLead.lead_id, UnroutableLead.reason).where(_among(nobody))
    same = {lead for lead, reason in session.execute(listed) if nobody[lead] == reason}
    if same:
        tried = update(UnroutableLead).where(_among(same))
        session.execute(tried.values(last_tried_at=now))
    return [made for made in decisions if made.lead.lead_id not in same]


def keep(
    session: Session, decisions: Sequence[Choice], ids: Mapping[str, str], now: datetime
) -> None:
    """Put leads that found nobody on the list, and take off it those that found somebody; ``ids``:
    of the decisions, by lead."""
    found = [made.lead.lead_id for made in decisions if made.rep is not None]
    if found:
        run(session, TAKE_OFF, {"found": found})
    rows = [
        {
            "lead_id": made.lead.lead_id,
            "since": now,
            "last_tried_at": now,
            "reason": made.reason,
            "decision_id": ids[made.lead.lead_id],
        }
        for made in decisions
        if made.rep is None
    ]
    if rows:
        adding = insert(UnroutableLead)
        names = ("last_tried_at", "reason", "decision_id")
        changes = {name: adding.excluded[name] for name in names}
        session.execute(
            adding.on_conflict_do_update(index_elements=["lead_id"], set_=changes), rows
        )


def _among(lead_ids: Iterable[str]) -> ColumnElement[bool]:
    return UnroutableLead.lead_id == any_(literal(list(lead_ids), ARRAY(Text)))
