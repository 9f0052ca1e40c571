"""The log of what was said of outcomes, and the outcomes that follow from it."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import ARRAY, Text, any_, literal, select
from sqlalchemy.orm import Session

from leadflow.database.copying import driver_connection
from leadflow.database.ids import new_id
from leadflow.leads.outcomes.standing import OutcomeStanding, Statement, standing
from leadflow.leads.outcomes.tables import OutcomeSaid

READ = (
    OutcomeSaid.said,
    OutcomeSaid.occurred_at,
    OutcomeSaid.dated,
    OutcomeSaid.said_at,
    OutcomeSaid.turn,
    OutcomeSaid.source,
    OutcomeSaid.external_id,
    OutcomeSaid.known_at,
    OutcomeSaid.value_minor,
    OutcomeSaid.value_currency,
)
# The first event after each loss that says the lead is back, once each.
BACK = """
INSERT INTO outcome_log (id, lead_id, said, occurred_at, dated, said_at, known_at, source, told_by)
SELECT DISTINCT ON (s.lead_id, e.occurred_at) 'said_' || substr(md5(s.id || e.id), 1, 24),
    s.lead_id, 'returned', e.occurred_at, true, e.known_at, e.known_at, 'events', e.type
FROM outcome_log s
JOIN LATERAL (
    SELECT id, type, occurred_at, known_at FROM lead_events
    WHERE lead_id = s.lead_id
        AND occurred_at > CASE WHEN s.dated THEN s.occurred_at ELSE s.said_at END
        AND type IN (SELECT name FROM event_types WHERE reopens)
    ORDER BY occurred_at, id LIMIT 1
) e ON true
WHERE s.lead_id = ANY(%(leads)s) AND s.said = 'lost' AND NOT EXISTS (
    SELECT FROM outcome_log known WHERE known.lead_id = s.lead_id
        AND known.said = 'returned' AND known.occurred_at = e.occurred_at
)
ORDER BY s.lead_id, e.occurred_at
"""
GONE = "DELETE FROM outcomes WHERE lead_id = ANY(%(leads)s) RETURNING lead_id"
WRITE = """
INSERT INTO outcomes (
    id, lead_id, outcome, occurred_at, known_at, value_minor, value_currency, source
)
SELECT * FROM unnest(
    %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::bigint[],
    %s::text[], %s::text[]
)
ON CONFLICT (lead_id) DO UPDATE SET outcome = excluded.outcome,
    occurred_at = excluded.occurred_at, known_at = excluded.known_at,
    value_minor = excluded.value_minor, value_currency = excluded.value_currency,
    source = excluded.source
WHERE (outcomes.outcome, outcomes.occurred_at, outcomes.value_minor, outcomes.value_currency)
    IS DISTINCT FROM
    (excluded.outcome, excluded.occurred_at, excluded.value_minor, excluded.value_currency)
RETURNING lead_id
"""
FORGET = "DELETE FROM reopened_losses WHERE lead_id = ANY(%(leads)s)"
LOSSES = """
INSERT INTO reopened_losses (lead_id, lost_at, reopened_at)
SELECT * FROM unnest(%s::text[], %s::timestamptz[], %s::timestamptz[])
"""


def settle(session: Session, lead_ids: Sequence[str]) -> list[str]:
    """Have the outcomes of these leads say what follows from the log, with the events that brought
    lost leads back; the caller has added to the log and holds the leads.

    Returns:
        The leads of which something else holds now.
    """
    if not lead_ids:
        return []
    session.flush()
    connection, leads = driver_connection(session), list(lead_ids)
    connection.execute(BACK, {"leads": leads})
    found = {lead_id: standing(said) for lead_id, said in _statements(session, leads).items()}
    ends = {lead_id: held.ending for lead_id, held in found.items() if held.ending is not None}
    gone = connection.execute(GONE, {"leads": [one for one in leads if one not in ends]})
    changed = [str(row[0]) for row in gone.fetchall()]
    rows = [
        (
            new_id("outcome"),
            lead_id,
            end.outcome,
            end.occurred_at,
            end.known_at,
            end.value_minor,
            end.value_currency,
            end.source,
        )
        for lead_id, end in sorted(ends.items())
    ]
    if rows:
        written = connection.execute(WRITE, [list(column) for column in zip(*rows, strict=True)])
        changed += [str(row[0]) for row in written.fetchall()]
    _write_losses(session, leads, found)
    return changed


def said_of(session: Session, lead_id: str) -> list[OutcomeSaid]:
    """Everything that was ever said of how a lead ended, in the order it was said."""
    these = select(OutcomeSaid).where(OutcomeSaid.lead_id == lead_id)
    return list(session.scalars(these.order_by(OutcomeSaid.said_at, OutcomeSaid.turn)))


def lost_among(session: Session, lead_ids: Sequence[str]) -> list[str]:
    """Those of these leads that somebody has ever said are lost."""
    these = OutcomeSaid.lead_id == any_(literal(list(lead_ids), ARRAY(Text)))
    found = select(OutcomeSaid.lead_id).where(these, OutcomeSaid.said == "lost").distinct()
    return list(session.scalars(found.order_by(OutcomeSaid.lead_id)))


def _statements(session: Session, lead_ids: Sequence[str]) -> dict[str, list[Statement]]:
    these = OutcomeSaid.lead_id == any_(literal(list(lead_ids), ARRAY(Text)))
    said: dict[str, list[Statement]] = defaultdict(list)
    for lead_id, *values in session.execute(select(OutcomeSaid.lead_id, *READ).where(these)):
        said[lead_id].append(Statement(*values))
    return said


def _write_losses(
    session: Session, leads: Sequence[str], found: dict[str, OutcomeStanding]
) -> None:
    connection = driver_connection(session)
    connection.execute(FORGET, {"leads": list(leads)})
    losses = {
        (lead_id, reopened): lost
        for lead_id, held in found.items()
        for lost, reopened in held.losses
    }
    if losses:
        rows = [(lead_id, lost, reopened) for (lead_id, reopened), lost in losses.items()]
        connection.execute(LOSSES, [list(column) for column in zip(*rows, strict=True)])
