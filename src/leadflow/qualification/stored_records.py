"""Reading what is stored of leads, for the record a crew may read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from leadflow.leads.tables import Lead, LeadEvent
from leadflow.qualification.lead_record import FIELDS, Record, lead_record

Events = dict[str, tuple[dict[str, int], datetime | None]]


def read_records(session: Session, lead_ids: Sequence[str]) -> dict[str, Record]:
    """The records of these leads, by id, in two queries.

    E-mail address and phone number are not even read; names are, to take them out of the rest.
    """
    columns = [getattr(Lead, name) for name in (*FIELDS, "budget_minor", "budget_currency")]
    rows = session.execute(
        select(Lead.id, Lead.first_name, Lead.last_name, *columns).where(Lead.id.in_(lead_ids))
    ).mappings()
    events = _events(session, lead_ids)
    return {row["id"]: _record(dict(row), *events.get(row["id"], ({}, None))) for row in rows}


def _record(row: dict[str, Any], events: dict[str, int], last: datetime | None) -> Record:
    return lead_record(row, events, last, (row["first_name"], row["last_name"]))


def _events(session: Session, lead_ids: Sequence[str]) -> Events:
    rows = session.execute(
        select(LeadEvent.lead_id, LeadEvent.type, func.count(), func.max(LeadEvent.occurred_at))
        .where(LeadEvent.lead_id.in_(lead_ids))
        .group_by(LeadEvent.lead_id, LeadEvent.type)
    ).tuples()
    found: Events = {}
    for lead_id, kind, count, newest in rows:
        counts, last = found.get(lead_id, ({}, None))
        found[lead_id] = ({**counts, kind: count}, max(newest, last or newest))
    return found
