"""Everything that was done to one thing, from the audit log."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import or_, select

from leadflow.accounts.people import usernames
from leadflow.accounts.permissions import Reach
from leadflow.approvals.service import ApprovalNotFound, get
from leadflow.assignment.reach import reaches_lead
from leadflow.audit.reasons import in_words
from leadflow.audit.tables import AuditEntry
from leadflow.database.engine import unit_of_work
from leadflow.gateway.approving import visible
from leadflow.gateway.pages.forms import Auditing
from leadflow.gateway.pages.rendering import page
from leadflow.gateway.problems import Problem

router = APIRouter(include_in_schema=False)
MOST = 500
SHOWN = ("before", "after", "origin", "request_id")


@router.get("/console/audit/{subject:path}")
def show(request: Request, subject: str, caller: Auditing) -> Response:
    """The newest entries about one thing, in order. Those who do not reach everything see the log
    of leads that are theirs, and of approvals that concern them."""
    with unit_of_work() as session:
        reach = caller.reach("audit.read") or Reach.OWN
        plain = subject.removeprefix("lead/")
        if reach is not Reach.ALL:
            try:
                allowed = (
                    visible(session, get(session, subject), caller)
                    if subject.startswith("appr_")
                    else plain.startswith("lead_")
                    and reaches_lead(session, caller.rep_id, reach, plain)
                )
            except ApprovalNotFound:
                allowed = False
            if not allowed:
                raise Problem(403, "not-yours", "This is somebody else's", "Not yours to see.")
        of_it = or_(AuditEntry.subject == plain, AuditEntry.subject == f"lead/{plain}")
        newest = select(AuditEntry).where(of_it).order_by(AuditEntry.number.desc()).limit(MOST)
        entries = sorted(session.scalars(newest), key=lambda entry: (entry.at, entry.number))
        names = usernames(session, [entry.actor for entry in entries])
        why = in_words(session, entries)
        shown = [
            {
                "number": entry.number,
                "at": entry.at,
                "who": names.get(entry.actor, entry.actor),
                "action": entry.action,
                "more": _more(entry, why[entry.number]),
            }
            for entry in entries
        ]
    return page(request, "audit.html", caller, subject=plain, entries=shown)


def _more(entry: AuditEntry, why: str | None) -> list[tuple[str, Any]]:
    told = [("why", why), *((name, getattr(entry, name)) for name in SHOWN)]
    return [*entry.detail.items(), *((name, value) for name, value in told if value is not None)]
