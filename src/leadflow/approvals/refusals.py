"""Why a decision does not count: it has ended, is not theirs, lacks a reason, or has changed."""

import re
from datetime import datetime

from sqlalchemy.orm import Session

from leadflow.accounts.tables import Person
from leadflow.approvals.decision_kinds import SubjectChanged
from leadflow.approvals.subject import refuse_changed
from leadflow.approvals.tables import Approval
from leadflow.approvals.who import May, MayNot, may_decide


def refusal(
    session: Session,
    approval: Approval,
    decision: str,
    person: Person,
    reason: str,
    now: datetime,
    seen_hash: str | None,
) -> May | MayNot:
    """Whether a person's decision counts now, and for whom; else why not."""
    if approval.status != "waiting":
        return MayNot(f"already-{approval.status}", ended(approval))
    if not person.active:
        return MayNot("not-yours-to-decide", "This account is not active.")
    if not reason.strip():
        return MayNot("reason-missing", "Say why, for those who read it later.")
    may = may_decide(session, approval, person, now)
    if isinstance(may, MayNot):
        return may
    if seen_hash is not None and seen_hash != approval.content_hash:
        return MayNot("other-content-shown", "This is not what was shown to you. Read it again.")
    try:
        refuse_changed(session, approval)
    except SubjectChanged as error:
        return MayNot("subject-changed", str(error))
    missing = _not_accepted(approval, reason) if decision == "approve" else None
    return missing or may


def ended(approval: Approval) -> str:
    """Why nothing is decided any more about what waits no longer."""
    if approval.status == "void":
        return f"It is void, so that no decision about it counts any more. {approval.reason}"
    at = f" at {approval.decided_at:%Y-%m-%d %H:%M} UTC" if approval.decided_at else ""
    why = f" {approval.reason}" if approval.status == "expired" else ""
    return f"Already {approval.status}{at}: a decision is taken once.{why}"


def _not_accepted(approval: Approval, reason: str) -> MayNot | None:
    """What the payload lists under ``must_acknowledge`` is approved only by name."""
    warned: list[str] = approval.payload.get("must_acknowledge", [])
    missing = [name for name in warned if not _says(reason, re.escape(name))]
    if not warned or (not missing and _says(reason, "accept(s|ed|ing)?")):
        return None
    return MayNot(
        "warnings-not-accepted",
        f"This comes with warnings about {', '.join(warned)}. To approve it all the same, "
        f"write a reason that says accept and names each: accept {' '.join(warned)}",
    )


def _says(reason: str, pattern: str) -> bool:
    """Whether the reason holds these words whole, not as a part of longer ones."""
    return bool(re.search(rf"(?<![\w.]){pattern}(?![\w]|\.\w)", reason, re.IGNORECASE))
