"""Audit entries of what people do to leads; what programs bring in is in the inbox and in the
lead's own history."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from leadflow.audit import service as audit
from leadflow.audit.context import acting_as
from leadflow.audit.entries import Entry
from leadflow.audit.masking import fingerprint
from leadflow.intake.senders import Sender
from leadflow.leads.tables import Lead


def note(
    session: Session,
    sender: Sender,
    action: str,
    lead_id: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Keep it, by ids and names of fields; call it last in the transaction."""
    if sender.actor.kind == "person":
        with acting_as(sender.request):
            audit.record(
                session, sender.actor.id, action, lead_id, detail, before=before, after=after
            )


def note_many(session: Session, sender: Sender, action: str, lead_ids: Iterable[str]) -> None:
    """The same of many leads, in one statement."""
    if sender.actor.kind == "person":
        with acting_as(sender.request):
            audit.record_many(session, [Entry(sender.actor.id, action, one) for one in lead_ids])


def fingerprints(lead: Lead, fields: Iterable[str]) -> dict[str, str | None]:
    """These fields of a lead, each as a keyed hash: what is in them may be personal."""
    columns = {"budget": "budget_minor", "currency": "budget_currency"}
    return {name: fingerprint(getattr(lead, columns.get(name, name))) for name in sorted(fields)}
