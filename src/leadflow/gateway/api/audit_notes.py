"""What a person does to a lead by a request is kept in the audit log; what programs bring in is in
the inbox and in the lead's own history."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.audit import service as audit
from leadflow.audit.masking import fingerprint
from leadflow.gateway.api.schemas import LeadOut
from leadflow.leads.tables import Lead


def note_act(
    session: Session,
    caller: Actor,
    action: str,
    lead_id: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    **detail: Any,
) -> None:
    """Keep it, by ids and names of fields; call it last in the transaction."""
    if caller.kind == "person":
        audit.record(session, caller.id, action, lead_id, detail, before=before, after=after)


def fingerprints(lead: Lead, fields: Iterable[str]) -> dict[str, str | None]:
    """These fields of a lead, each as a keyed hash: what is in them may be personal."""
    known = LeadOut.of(lead).model_dump(mode="json")
    known |= {"source": lead.source, "external_id": lead.external_id}
    return {name: fingerprint(known.get(name)) for name in sorted(fields)}
