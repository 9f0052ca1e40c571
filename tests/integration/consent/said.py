"""What tests of consent say, in few words."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from leadflow.consent.evidence import Basis
from leadflow.consent.log import Told, write
from leadflow.leads.service import email_index_of
from leadflow.leads.tables import Lead

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def lead(session: Session, address: str | None = None, **known: Any) -> Lead:
    """A lead, with this e-mail address."""
    index = None if address is None else email_index_of(address)
    made = Lead(source="test", email=address, email_index=index, known_from=NOW, **known)
    session.add(made)
    session.flush()
    return made


def told(lead_id: str, given: bool, evidence: str, at: datetime = NOW, **more: Any) -> Told:
    """A yes or a no of this evidence."""
    basis: Basis | None = "consent" if given else None
    return Told(lead_id, given, evidence, at, "test", **{"basis": basis} | more)


def say(session: Session, lead_id: str, *said: tuple[bool, str, datetime], **more: Any) -> None:
    """Write it into the log."""
    write(session, [told(lead_id, *one, **more) for one in said], NOW + 9 * HOUR)
