"""Leads of whom nothing was heard for as long as a rule says: found, and told as an event."""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from leadflow.workflow.service import rules_in_use
from leadflow.workflow.terms import silence, terms_of

# How far back a span may have ended: what nobody looked for that long is history.
LOOK_BACK = timedelta(days=1)
# The last sign of a lead is that it came, or the last thing it did itself. Only those are looked at
# of whom something was heard in the window, which is a small part of the table.
FIND = text(
    """
WITH heard AS (
    SELECT id AS lead_id FROM leads WHERE created_at > :from AND created_at <= :to
    UNION
    SELECT e.lead_id FROM lead_events e JOIN event_types t ON t.name = e.type
    WHERE t.done_by = 'lead' AND e.occurred_at > :from AND e.occurred_at <= :to
), last_sign AS (
    SELECT l.id AS lead_id, greatest(l.created_at, (
        SELECT max(e.occurred_at) FROM lead_events e JOIN event_types t ON t.name = e.type
        WHERE e.lead_id = l.id AND t.done_by = 'lead' AND e.occurred_at <= :now
    )) AS since
    FROM heard h JOIN leads l ON l.id = h.lead_id
    WHERE NOT EXISTS (SELECT FROM outcomes o WHERE o.lead_id = l.id)
)
INSERT INTO domain_events (type, lead_id, facts)
SELECT :type, lead_id, jsonb_build_object('since', since, 'days',
    round((extract(epoch FROM CAST(:now AS timestamptz) - since) / 86400)::numeric, 2))
FROM last_sign s
WHERE since > :from AND since <= :to AND NOT EXISTS (
    SELECT FROM domain_events d
    WHERE d.lead_id = s.lead_id AND d.type = :type
        AND (d.facts ->> 'since')::timestamptz = s.since
)
ORDER BY since
"""
)


def note_silence(session: Session, now: datetime) -> int:
    """Write an event for each open lead of whom nothing was heard for as long as a rule in use
    says, once for each silence; how many."""
    spans = {
        span
        for rule in rules_in_use(session).rules.in_order
        if (span := terms_of(rule).silent_for) is not None
    }
    found = 0
    for span in sorted(spans):
        values = {
            "type": silence(span),
            "now": now,
            "from": now - span - LOOK_BACK,
            "to": now - span,
        }
        found += int(session.execute(FIND, values).rowcount)  # type: ignore[attr-defined]
    return found
