"""Everything that was done to one thing, from the audit log."""

import re
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import or_, select

from leadflow.accounts.permissions import Reach
from leadflow.approvals.service import ApprovalNotFound, get
from leadflow.assignment.team.naming import names_of_leads, names_of_people
from leadflow.assignment.team.reach import reaches_lead
from leadflow.audit.reasons import in_words
from leadflow.audit.tables import AuditEntry
from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.review.approval_access import visible
from leadflow.gateway.api.team.assignments import names_of_reps
from leadflow.gateway.console.forms import Auditing
from leadflow.gateway.console.rendering import page
from leadflow.gateway.http.problem import Problem

router = APIRouter(include_in_schema=False)
MOST = 500
# As the log holds moments: in UTC, to the microsecond.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00$")


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
        names = names_of_people(session, [entry.actor for entry in entries])
        why = in_words(session, entries)
        names |= names_of_reps(session)
        shown = [
            {
                "number": entry.number,
                "at": entry.at,
                "who": names.get(entry.actor, entry.actor),
                "action": entry.action,
                "why": why[entry.number],
                "changes": [
                    (name, _brief(before, names), _brief(after, names))
                    for name, before, after in changes(entry)
                ],
                "more": _more(entry),
            }
            for entry in entries
        ]
        called = names_of_leads(session, caller, [plain]).get(plain)
    return page(request, "audit.html", caller, subject=plain, called=called, entries=shown)


def changes(entry: AuditEntry) -> list[tuple[str, Any, Any]]:
    """Field by field what held before and what after; None where one of them says nothing of it."""
    before, after = entry.before or {}, entry.after or {}
    return [(name, before.get(name), after.get(name)) for name in {**before, **after}]


def _brief(value: Any, names: Mapping[str, str]) -> str | None:
    """A value in few characters: four digits of a fraction, minutes, names in place of ids."""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, str) and _MOMENT.match(value):
        return f"{value[:10]} {value[11:16]} UTC"
    if isinstance(value, list | tuple):
        return ", ".join(str(_brief(one, names)) for one in value)
    return None if value is None else names.get(str(value), str(value))


def _more(entry: AuditEntry) -> list[tuple[str, Any]]:
    told = (("origin", entry.origin), ("request id", entry.request_id))
    return [*entry.detail.items(), *((name, value) for name, value in told if value is not None)]
