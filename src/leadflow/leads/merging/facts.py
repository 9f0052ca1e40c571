"""What a lead did and how it ended, told of the lead that it was merged into, and taken back.

Rows stay where they are and are copied, so that of each lead it can still be told what was known of
it at any moment before. A copy of an event is known from the merge on and not earlier: a score of
the survivor as of a moment before it sees none of them.
"""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from leadflow.leads.outcomes.log import settle

COPY_EVENTS = text("""
INSERT INTO lead_events (lead_id, type, occurred_at, known_at, source, payload, copied_from)
SELECT :survivor, type, occurred_at, :now, source, payload, id FROM lead_events
WHERE lead_id = :other ORDER BY id
""")
DROP_EVENTS = text("""
DELETE FROM lead_events WHERE lead_id = :survivor AND copied_from IN (
    SELECT id FROM lead_events WHERE lead_id = :other)
""")
COPY_ENDS = text("""
INSERT INTO outcome_log (id, lead_id, said, occurred_at, dated, said_at, known_at, value_minor,
    value_currency, source, external_id, inbox_id, told_by, copied_from)
SELECT 'said_' || substr(md5(id || :survivor), 1, 28), :survivor, said, occurred_at, dated, said_at,
    known_at, value_minor, value_currency, source, external_id, inbox_id, told_by, id
FROM outcome_log WHERE lead_id = :other ORDER BY turn
""")
DROP_ENDS = text("""
DELETE FROM outcome_log WHERE lead_id = :survivor AND copied_from IN (
    SELECT id FROM outcome_log WHERE lead_id = :other)
""")
# It follows from what was said, which stays: a split works it out again.
DROP_END = text("DELETE FROM outcomes WHERE lead_id = :other")
DROP_MARK = text("DELETE FROM changed_leads WHERE lead_id = :other")


def bring(session: Session, survivor_id: str, other_id: str, now: datetime) -> None:
    """Tell of the survivor what the other did and how it ended; the other has ended in no way while
    it is merged, so that nothing is counted twice. The caller holds both."""
    pair = {"survivor": survivor_id, "other": other_id}
    session.execute(COPY_EVENTS, pair | {"now": now})
    session.execute(COPY_ENDS, pair)
    settle(session, [survivor_id])
    session.execute(DROP_END, {"other": other_id})
    session.execute(DROP_MARK, {"other": other_id})


def take_back(session: Session, survivor_id: str, other_id: str) -> None:
    """Let each of the two have its own again. What was told of the survivor since stays with it."""
    pair = {"survivor": survivor_id, "other": other_id}
    session.execute(DROP_EVENTS, pair)
    session.execute(DROP_ENDS, pair)
    settle(session, [survivor_id, other_id])
