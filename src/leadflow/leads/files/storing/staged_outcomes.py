"""What staged rows say of outcomes: written to the log where it is news, and what follows from it.

A row is held against what the same row of the same source said last. Where it says that again it
says nothing new, so that a file that comes every day does not undo what somebody has corrected
since. A row that had ended and is open again takes its end back.
"""

from sqlalchemy.orm import Session

from leadflow.database.copying import driver_connection
from leadflow.leads.changes import mark_changed
from leadflow.leads.outcomes.log import settle
from leadflow.leads.said import Origin

SAY = """
WITH last_said AS (
    SELECT DISTINCT ON (s.position) s.position, l.said, l.occurred_at, l.dated, l.value_minor,
        l.value_currency
    FROM staged_leads s
    JOIN outcome_log l ON l.lead_id = s.lead_id AND l.source = %(source)s
        AND l.external_id IS NOT DISTINCT FROM s.external_id
    ORDER BY s.position, l.said_at DESC, l.occurred_at DESC, l.turn DESC
)
INSERT INTO outcome_log (
    id, lead_id, said, occurred_at, dated, said_at, known_at, value_minor, value_currency, source,
    external_id, inbox_id
)
SELECT replace(s.new_id, 'lead_', 'said_'), s.lead_id,
    CASE WHEN s.still_open THEN 'reopened' ELSE s.outcome END,
    CASE WHEN s.still_open THEN s.said_at ELSE s.occurred_at END,
    s.dated AND NOT s.still_open, s.said_at, coalesce(s.occurred_at, s.said_at), s.value_minor,
    s.value_currency, %(source)s, s.external_id, %(import_id)s
FROM staged_leads s LEFT JOIN last_said l USING (position)
WHERE CASE
    WHEN s.still_open THEN l.said IN ('converted', 'lost')
    WHEN s.outcome IS NULL THEN false
    -- A row without a day of its own that ended of late is taken to have ended now, each time.
    WHEN NOT s.dated AND NOT coalesce(l.dated, true) AND s.occurred_at >= s.said_at
        AND l.said = s.outcome THEN false
    ELSE (l.said, l.occurred_at, l.dated) IS DISTINCT FROM (s.outcome, s.occurred_at, s.dated)
        OR (s.value_minor IS NOT NULL
            AND (l.value_minor, l.value_currency)
                IS DISTINCT FROM (s.value_minor, s.value_currency))
END
ORDER BY s.position
RETURNING lead_id
"""
OPEN = """
SELECT id FROM leads
WHERE id = ANY(%(leads)s) AND NOT EXISTS (SELECT FROM outcomes WHERE lead_id = leads.id)
"""
HOLD = "SELECT FROM leads WHERE id = ANY(%(leads)s) ORDER BY id FOR NO KEY UPDATE"


def store_outcomes(session: Session, origin: Origin) -> int:
    """Store what the staged rows say of outcomes, one row of each lead; of how many leads another
    end counts than before."""
    connection = driver_connection(session)
    given = {"source": origin.source, "import_id": origin.import_id or None}
    said = [str(row[0]) for row in connection.execute(SAY, given).fetchall()]
    if not said:
        return 0
    # Whoever else tells an outcome of these leads waits, and then sees this one.
    connection.execute(HOLD, {"leads": said})
    changed = settle(session, said)
    opened = connection.execute(OPEN, {"leads": changed}).fetchall()
    mark_changed(session, [str(row[0]) for row in opened], bulk=True)
    return len(changed)
