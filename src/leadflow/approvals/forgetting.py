"""Forgetting the reasons people gave about one thing, once somebody has agreed who may."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.accounts.delegation import Requester
from leadflow.approvals import service as approvals
from leadflow.approvals.tables import Approval
from leadflow.audit import service as audit

KIND = "data_erasure"
FORGET = "forget_reasons"


class NothingToForget(LookupError):
    """No reason is kept about this thing."""


def ask_to_forget(
    session: Session, subject_id: str, by: Requester, why: str, now: datetime
) -> Approval:
    """Ask whether the reasons given about one thing, and in decisions about it, may be deleted.

    Raises:
        NothingToForget: there are none.
        NobodyNeeded: the policies ask nobody about erasing.
    """
    count = len(content(session, subject_id, {})["reasons"])
    if not count:
        raise NothingToForget(f"No reason is kept about {subject_id[:100]!r}.")
    question = approvals.Proposal(
        kind=KIND,
        subject_id=subject_id,
        act=FORGET,
        payload={"subject": subject_id},
        description=(
            f"# Delete the reasons that people gave about {subject_id}?\n\n"
            f"There are **{count}**, in the audit of it and of decisions about it. What was done, "
            "by whom and when stays. This cannot be taken back."
        ),
        requested_by=by.id,
        asked_by=by.asked_by,
        asked_why=why,
        replaces="subject",
    )
    return approvals.propose(session, question, now)


def content(session: Session, subject_id: str, payload: dict[str, Any]) -> dict[str, Any]:
    """What is decided about: exactly these reasons, by their ids."""
    return {"reasons": audit.reasons_about(session, _subjects(session, subject_id))}


def carry_out_forgetting(
    session: Session, payload: dict[str, Any], now: datetime
) -> dict[str, Any]:
    """What the act ``forget_reasons`` does."""

    def forget(approval: Approval) -> dict[str, Any]:
        subjects = _subjects(session, approval.subject_id)
        by, why = approval.requested_by, approval.asked_why or ""
        return {"reasons": audit.forget_reasons(session, by, subjects, why)}

    return approvals.carry_out(session, payload["approval_id"], now, forget)


def _subjects(session: Session, subject_id: str) -> list[str]:
    """The thing and the decisions about it, but for those about forgetting."""
    about = select(Approval.id).where(Approval.subject_id == subject_id, Approval.kind != KIND)
    return [subject_id, *session.scalars(about.order_by(Approval.id))]
