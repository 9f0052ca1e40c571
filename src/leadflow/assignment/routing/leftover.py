"""The list of leads that should have a salesperson and that nobody can take."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ARRAY, ColumnElement, Text, any_, literal, select, update
from sqlalchemy.orm import Session

from leadflow.assignment.choice.plan import Choice
from leadflow.assignment.sweep_tables import UnroutableLead
from leadflow.database.copying import run

# Every request that hands a lead out says this.
TAKE_OFF = "DELETE FROM unroutable_leads WHERE lead_id = ANY(%(found)s)"
PUT_ON = """
INSERT INTO unroutable_leads (lead_id, since, last_tried_at, reason, decision_id)
SELECT lead_id, %(now)s, %(now)s, reason, decision_id
FROM jsonb_to_recordset(%(rows)s::jsonb) AS given(lead_id text, reason text, decision_id text)
ON CONFLICT (lead_id) DO UPDATE SET last_tried_at = excluded.last_tried_at,
    reason = excluded.reason, decision_id = excluded.decision_id
"""


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
            "reason": made.reason,
            "decision_id": ids[made.lead.lead_id],
        }
        for made in decisions
        if made.rep is None
    ]
    if rows:
        run(session, PUT_ON, {"rows": json.dumps(rows), "now": now})


def _among(lead_ids: Iterable[str]) -> ColumnElement[bool]:
    return UnroutableLead.lead_id == any_(literal(list(lead_ids), ARRAY(Text)))
