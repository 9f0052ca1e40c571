"""A copy of some leads for one transaction, to try what would become of them if something
happened."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

COPY = """
CREATE TEMP TABLE leads (LIKE public.leads INCLUDING DEFAULTS) ON COMMIT DROP;
CREATE TEMP TABLE lead_history (LIKE public.lead_history INCLUDING DEFAULTS) ON COMMIT DROP;
CREATE TEMP TABLE lead_events (LIKE public.lead_events INCLUDING DEFAULTS) ON COMMIT DROP
"""
FILL = (
    "INSERT INTO pg_temp.leads SELECT * FROM public.leads WHERE id = ANY(:ids)",
    "INSERT INTO pg_temp.lead_history SELECT * FROM public.lead_history WHERE lead_id = ANY(:ids)",
    "INSERT INTO pg_temp.lead_events SELECT * FROM public.lead_events WHERE lead_id = ANY(:ids)",
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
