"""What a person does to a lead by a request is kept in the audit log; what programs bring in is in
the inbox and in the lead's own history."""

from typing import Any

from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.audit import service as audit


def note_act(session: Session, caller: Actor, action: str, lead_id: str, **detail: Any) -> None:
    """Keep it, by ids and names of fields; call it last in the transaction."""
    if caller.kind == "person":
        audit.record(session, caller.id, action, lead_id, detail)
