"""Leads, events and outcomes as the frames that their suites look at, in bounded memory.

Frames hold ids, figures and words of ours: no name, address or payload is read. ``hours_since_…``
are counted from the moment of reading.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, LiteralString

from sqlalchemy.orm import Session

from leadflow.database.copying import driver_connection

if TYPE_CHECKING:
    import pandas as pd

LEADS = """
SELECT id, email_kind, company_size, budget_minor, website_visits, email_opens, content_downloads,
    extract(epoch FROM %(now)s - created_at)::float8 / 3600 AS hours_since_created,
    length(company_name) AS company_name_length,
    CASE WHEN email_index IS NOT NULL OR external_id IS NOT NULL OR has_phone THEN true END
        AS known_by
FROM leads WHERE merged_into IS NULL AND (%(since)s::timestamptz IS NULL OR updated_at >= %(since)s)
ORDER BY id DESC LIMIT %(most)s
"""
# Their ids rise with time: the newest are found along the key.
EVENTS = """
SELECT e.id, t.name IS NOT NULL AS declared,
    extract(epoch FROM %(now)s - e.occurred_at)::float8 / 3600 AS hours_since_occurred,
    extract(epoch FROM %(now)s - e.known_at)::float8 / 3600 AS hours_since_known,
    extract(epoch FROM e.known_at - e.occurred_at)::float8 / 86400 AS days_until_known,
    extract(epoch FROM e.occurred_at - l.created_at)::float8 / 86400 AS days_into_lead
FROM (SELECT * FROM lead_events ORDER BY id DESC LIMIT %(most)s) e
JOIN leads l ON l.id = e.lead_id LEFT JOIN event_types t ON t.name = e.type
WHERE %(since)s::timestamptz IS NULL OR e.known_at >= %(since)s
"""
OUTCOMES = """
SELECT o.id, o.lead_id, o.outcome, o.value_minor, (o.outcome = 'converted')::int AS converted,
    extract(epoch FROM %(now)s - o.occurred_at)::float8 / 3600 AS hours_since_occurred,
    extract(epoch FROM %(now)s - o.known_at)::float8 / 3600 AS hours_since_known,
    extract(epoch FROM o.known_at - o.occurred_at)::float8 / 86400 AS days_until_known,
    extract(epoch FROM o.occurred_at - l.created_at)::float8 / 86400 AS days_into_lead,
    extract(epoch FROM o.occurred_at - l.created_at)::float8 / 60 AS minutes_into_lead
FROM outcomes o JOIN leads l ON l.id = o.lead_id
WHERE %(since)s::timestamptz IS NULL OR o.known_at >= %(since)s
ORDER BY o.known_at DESC LIMIT %(most)s
"""


@dataclass(frozen=True)
class Window:
    """Which rows are looked at: those of ``since`` and later (None: of any time), the newest
    ``most`` of them, as seen at ``now``."""

    since: datetime | None
    now: datetime
    most: int


def leads(session: Session, window: Window) -> "pd.DataFrame":
    """The leads that have changed within the window, for the suite ``leads``."""
    return read(session, LEADS, window)


def events(session: Session, window: Window) -> "pd.DataFrame":
    """The events that were learned of within the window, for the suite ``events``."""
    return read(session, EVENTS, window)


def outcomes(session: Session, window: Window) -> "pd.DataFrame":
    """The outcomes that were learned of within the window, for the suite ``outcomes``."""
    return read(session, OUTCOMES, window)


def read(session: Session, query: LiteralString, window: Window) -> "pd.DataFrame":
    """What a query answers of a window, as a frame of its columns."""
    import pandas as pd

    given = {"since": window.since, "now": window.now, "most": window.most}
    cursor = driver_connection(session).execute(query, given)
    names = [column.name for column in cursor.description or ()]
    return pd.DataFrame.from_records(cursor.fetchall(), columns=names)
