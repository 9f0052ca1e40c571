"""What one of us or another program says of who may be written to: into the log, the audit log, and
for the lead's campaigns."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from leadflow.audit import service as audit
from leadflow.consent.from_events import record_noes
from leadflow.consent.log import Told, check, entry_of, write
from leadflow.leads.service import hold_standing


def tell(session: Session, told: Sequence[Told], now: datetime) -> None:
    """Write it into the log, with entries in the audit log. A no to marketing is an event of the
    lead, too, by which it leaves its campaigns at that moment.

    Raises:
        ConsentInvalid: one of them cannot be written.
        LeadMerged: one of them is of a lead that another stands for.
    """
    for one in told:
        check(one)
    hold_standing(session, [one.lead_id for one in told])
    write(session, told, now)
    record_noes(session, told, now)
    audit.record_many(session, [entry_of(one) for one in told])
