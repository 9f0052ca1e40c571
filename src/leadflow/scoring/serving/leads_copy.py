"""A copy of some leads for one transaction, to try what would become of them if something
happened."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

OWN = "INCLUDING DEFAULTS INCLUDING IDENTITY) ON COMMIT DROP"
COPY = f"""
CREATE TEMP TABLE leads (LIKE public.leads {OWN};
CREATE TEMP TABLE lead_history (LIKE public.lead_history {OWN};
CREATE TEMP TABLE lead_events (LIKE public.lead_events {OWN}
"""
SAME = "OVERRIDING SYSTEM VALUE SELECT * FROM public"
FILL = (
    f"INSERT INTO pg_temp.leads {SAME}.leads WHERE id = ANY(:ids)",
    f"INSERT INTO pg_temp.lead_history {SAME}.lead_history WHERE lead_id = ANY(:ids)",
    f"INSERT INTO pg_temp.lead_events {SAME}.lead_events WHERE lead_id = ANY(:ids)",
)


def work_on_a_copy(session: Session, lead_ids: Sequence[str]) -> None:
    """Have this session read and write a copy of these leads, and of no others, until its
    transaction ends.

    The copy is in temporary tables of the same names, which stand before the store's own: nobody
    else sees them, no trigger runs, no row of the store is locked or written, and they are gone
    with the transaction however it ends.
    """
    session.execute(text(COPY))
    for statement in FILL:
        session.execute(text(statement), {"ids": list(lead_ids)})
