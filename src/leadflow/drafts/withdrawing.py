"""Whoever wrote a change that waits takes it back: nobody is asked about it any more."""

from datetime import datetime

from sqlalchemy.orm import Session

from leadflow.approvals import service as approvals
from leadflow.approvals.progress import void_and_tell
from leadflow.approvals.tables import Approval
from leadflow.drafts.overtaking import KIND
from leadflow.drafts.refusals import DraftDecided, NothingToWithdraw, NotYourDraft

WHY = "Whoever wrote it has withdrawn it."


def withdraw(session: Session, approval_id: str, by: str, now: datetime) -> Approval:
    """End the question about a change, in the name of whoever wrote it, and tell those who were
    asked. The draft stays to be read, and opens in the editor to be submitted again.

    Raises:
        ApprovalNotFound: there is no such approval.
        NothingToWithdraw: it is about something else.
        NotYourDraft: somebody else wrote it.
        DraftDecided: it waits no longer.
    """
    approval = approvals.get(session, approval_id, held=True)
    if approval.kind != KIND:
        raise NothingToWithdraw(approval_id)
    if approval.requested_by != by:
        raise NotYourDraft
    if approval.status != "waiting":
        raise DraftDecided(approval.status)
    void_and_tell(session, approval, by, WHY, now)
    return approval
