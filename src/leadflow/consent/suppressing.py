"""Addresses that nobody writes to, by keyed hash: put down, looked up and released."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ARRAY, Text, any_, delete, literal, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from leadflow.audit import service as audit
from leadflow.consent.refusals import SuppressionReason
from leadflow.consent.tables import Suppression
from leadflow.database.ids import new_id
from leadflow.leads.service import email_index_of
from leadflow.leads.tables import Lead
from leadflow.paging.keyset import Key, Page, Wanted, read_page

LET_GO = text("""
DELETE FROM suppressions AS s
USING unnest(CAST(:indexes AS text[]), CAST(:moments AS timestamptz[])) AS y (address_index, at)
WHERE s.address_index = y.address_index AND s.reason = :reason AND s.since < y.at
""")


class NoSuppression(LookupError):
    """There is no suppression of this id."""

    def __init__(self, suppression_id: str) -> None:
        super().__init__(
            f"There is no suppression {suppression_id}, or it was released. Read them again: "
            "GET /suppressions"
        )


class NothingToSuppress(ValueError):
    """The lead has no address that could be suppressed."""

    def __init__(self, lead_id: str) -> None:
        super().__init__(f"{lead_id} has no e-mail address, so there is none to suppress.")


def suppress(
    session: Session, address: str, reason: SuppressionReason, by: str, now: datetime
) -> Suppression:
    """Have nobody write to an e-mail address any more; one that is suppressed for this reason
    already stays as it is. The audit log has the suppression's id and not the address."""
    return _suppressed(session, email_index_of(address), reason, by, now)


def suppress_lead(
    session: Session, lead: Lead, reason: SuppressionReason, by: str, now: datetime
) -> Suppression:
    """The same for the address of a lead.

    Raises:
        NothingToSuppress: it has none.
    """
    if lead.email_index is None:
        raise NothingToSuppress(lead.id)
    return _suppressed(session, lead.email_index, reason, by, now)


def suppress_leads(
    session: Session, lead_ids: Collection[str], reason: SuppressionReason, by: str, now: datetime
) -> int:
    """The same for the addresses of many leads, such as before they are erased; how many addresses
    were not suppressed for this reason before. The caller writes the audit log."""
    these = Lead.id == any_(literal(sorted(lead_ids), ARRAY(Text)))
    asked = select(Lead.email_index).where(these, Lead.email_index.is_not(None))
    found = {index: now for index in session.scalars(asked) if index is not None}
    return put_down(session, found, reason, by)


def put_down(
    session: Session, since: Mapping[str, datetime], reason: SuppressionReason, by: str
) -> int:
    """Suppress addresses, by their keyed hashes with since when, in one statement; how many were
    not before."""
    if not since:
        return 0
    # In one order, so that two who suppress the same wait for each other and never cross.
    rows = [
        {
            "id": new_id("supp"),
            "channel": "email",
            "address_index": index,
            "reason": reason,
            "since": moment,
            "suppressed_by": by,
        }
        for index, moment in sorted(since.items())
    ]
    written = insert(Suppression).on_conflict_do_nothing().returning(Suppression.id)
    return len(session.execute(written, rows).all())


def let_go(session: Session, since: Mapping[str, datetime], reason: SuppressionReason) -> None:
    """Take back what was put down for this reason before these moments."""
    if since:
        given = {"indexes": list(since), "moments": list(since.values()), "reason": reason}
        session.execute(LET_GO, given)


def is_suppressed(session: Session, index: str, reason: SuppressionReason) -> bool:
    """Whether the address of this keyed hash is suppressed for this reason."""
    these = select(Suppression.id).where(
        Suppression.address_index == index, Suppression.reason == reason
    )
    return session.scalar(these) is not None


def release(session: Session, suppression_id: str, why: str, by: str) -> None:
    """Let an address be written to again, as far as nothing else speaks against it.

    Raises:
        NoSuppression: there is none.
    """
    gone = delete(Suppression).where(Suppression.id == suppression_id)
    reason = session.scalar(gone.returning(Suppression.reason))
    if reason is None:
        raise NoSuppression(suppression_id)
    subject = f"suppression/{suppression_id}"
    audit.record(session, by, "suppression.released", subject, {"reason": reason}, said=why)


def suppressions_of(session: Session, lead: Lead) -> Sequence[Suppression]:
    """Why the address of a lead is suppressed, the oldest first."""
    these = select(Suppression).where(Suppression.address_index == lead.email_index)
    return session.scalars(these.order_by(Suppression.since, Suppression.id)).all()


def page_of_suppressions(session: Session, wanted: Wanted) -> Page[Suppression]:
    """A page of them, the newest first."""
    keys = Key(Suppression.since, descending=True), Key(Suppression.id, descending=True)
    return read_page(session, select(Suppression), keys, ("suppressions",), wanted)


def _suppressed(
    session: Session, index: str, reason: SuppressionReason, by: str, now: datetime
) -> Suppression:
    new = put_down(session, {index: now}, reason, by)
    this = select(Suppression).where(
        Suppression.address_index == index, Suppression.reason == reason
    )
    found = session.scalars(this).one()
    if new:
        audit.record(session, by, "suppression.made", f"suppression/{found.id}", {"reason": reason})
    return found
