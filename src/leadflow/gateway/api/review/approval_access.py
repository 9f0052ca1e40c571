"""The approvals a caller may see, and those they may decide."""

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.accounts.tables import Person
from leadflow.approvals import service
from leadflow.approvals.listing import may_now
from leadflow.approvals.tables import Approval
from leadflow.approvals.who import May, MayNot, look, sees
from leadflow.gateway.http.problem import Problem


def seen(session: Session, approval_id: str, caller: Actor) -> Approval:
    """The approval, if it is one the caller may see.

    Raises:
        ApprovalNotFound: no such id.
        Problem: 403, it is not.
    """
    approval = service.get(session, approval_id)
    if not visible(session, approval, caller):
        raise Problem(
            403, "not-yours", "This is for others", "Neither yours to decide nor asked by you."
        )
    return approval


def visible(session: Session, approval: Approval, caller: Actor) -> bool:
    """Whether the caller may see an approval."""
    if caller.reach("approval.all") is not None or caller.id in (
        approval.requested_by,
        approval.asked_by,
    ):
        return True
    person = session.get(Person, caller.id)
    return person is not None and sees(session, approval, person, datetime.now(UTC))


def may_caller(session: Session, approval: Approval, caller: Actor) -> May | MayNot:
    """Whether the caller may decide now."""
    person = session.get(Person, caller.id)
    looked = None if person is None else look(session, [approval], person, datetime.now(UTC))
    return may_now(approval, looked)
