"""Asking a person, taking the answer, and carrying out exactly what was shown.

An approval fixes its subject by a content hash. Whoever decides is never who asked, a decision is
taken once, and an approved act is left to the outbox under the approval's own key.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Literal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from leadflow.approvals.tables import Approval
from leadflow.audit import service as audit
from leadflow.database import outbox

Decision = Literal["approve", "reject"]


class ApprovalNotFound(RuntimeError):
    """There is no approval with this id."""


class DecisionRefused(RuntimeError):
    """The decision does not count; the message says why and what to do."""


@dataclass(frozen=True)
class Proposal:
    """What a person is asked to decide.

    ``act`` is carried out with ``payload`` if approved; ``description`` is Markdown for the person.
    It takes the place of older questions that wait: of every one of its kind, or only of those
    about the same subject.
    Names under ``must_acknowledge`` in the payload are warnings: an approval's reason must accept
    each by name.
    """

    kind: str
    subject_id: str
    act: str
    payload: dict[str, Any]
    description: str
    requested_by: str
    replaces: Literal["kind", "subject"] = "kind"


def content_hash(proposal_kind: str, subject_id: str, act: str, payload: dict[str, Any]) -> str:
    """SHA-256 of what is decided, in canonical JSON."""
    content = json.dumps([proposal_kind, subject_id, act, payload], sort_keys=True)
    return sha256(content.encode()).hexdigest()


def propose(session: Session, proposal: Proposal, now: datetime, hours: int) -> Approval:
    """Ask a person. An older question that nobody has answered is void where the new one takes its
    place (``Proposal.replaces``). Starts the gate flow through the outbox."""
    subjects = [proposal.subject_id] if proposal.replaces == "subject" else None
    void(session, proposal.kind, "Replaced by a newer proposal.", subjects)
    approval = Approval(
        kind=proposal.kind,
        subject_id=proposal.subject_id,
        act=proposal.act,
        payload=proposal.payload,
        description=proposal.description,
        requested_by=proposal.requested_by,
        requested_at=now,
        due_at=now + timedelta(hours=hours),
        content_hash=content_hash(
            proposal.kind, proposal.subject_id, proposal.act, proposal.payload
        ),
    )
    session.add(approval)
    session.flush()
    outbox.enqueue(
        session,
        "start_flow_run",
        f"gate:{approval.id}",
        {"deployment": "await_decision", "parameters": {"approval_id": approval.id}},
    )
    audit.record(
        session,
        proposal.requested_by,
        "approval.asked",
        approval.id,
        {"kind": approval.kind, "subject": approval.subject_id, "hash": approval.content_hash},
    )
    return approval


def void(
    session: Session, kind: str, reason: str, subject_ids: Sequence[str] | None = None
) -> list[str]:
    """Take back the questions of a kind that wait, all or those about some subjects; their ids."""
    waiting_ones = update(Approval).where(Approval.kind == kind, Approval.status == "waiting")
    if subject_ids is not None:
        waiting_ones = waiting_ones.where(Approval.subject_id.in_(subject_ids))
    settled = session.scalars(
        waiting_ones.values(status="void", reason=reason).returning(Approval.id)
    ).all()
    for approval_id in settled:
        _settle_gate(session, approval_id)
    return list(settled)


def get(session: Session, approval_id: str) -> Approval:
    """The approval.

    Raises:
        ApprovalNotFound: no such id.
    """
    approval = session.get(Approval, approval_id)
    if approval is None:
        raise ApprovalNotFound(f"There is no approval {approval_id}.")
    return approval


def waiting(session: Session) -> list[Approval]:
    """Everything that waits for a person, oldest first."""
    return list(
        session.scalars(
            select(Approval).where(Approval.status == "waiting").order_by(Approval.requested_at)
        )
    )


def decide(
    session: Session,
    approval_id: str,
    decision: Decision,
    approver: str,
    reason: str,
    now: datetime,
) -> Approval:
    """Take a decision, once; an approval's act goes to the outbox in the same transaction.

    Raises:
        ApprovalNotFound: no such id.
        DecisionRefused: no approver named, the requester's own decision, already decided, a
            subject that is no longer what was shown, or warnings that the reason does not accept.
    """
    approver = approver.strip()
    approval = session.scalars(
        select(Approval).where(Approval.id == approval_id).with_for_update()
    ).first()
    if approval is None:
        raise ApprovalNotFound(f"There is no approval {approval_id}.")
    _refuse_if_not_valid(approval, approver)
    if decision == "approve":
        _refuse_if_not_accepted(approval, reason)
    approval.status = "approved" if decision == "approve" else "rejected"
    approval.decided_by, approval.decided_at, approval.reason = (
        approver,
        now,
        reason.strip() or None,
    )
    if approval.status == "approved":
        outbox.enqueue(
            session,
            approval.act,
            f"approval:{approval.id}",
            {**approval.payload, "approval_id": approval.id},
        )
    _settle_gate(session, approval.id)
    audit.record(
        session,
        approver,
        f"approval.{approval.status}",
        approval.id,
        {"kind": approval.kind, "subject": approval.subject_id, "hash": approval.content_hash},
    )
    return approval


def _settle_gate(session: Session, approval_id: str) -> None:
    """End the run that waits at the gate, if it was not the door the decision came through."""
    outbox.enqueue(session, "settle_gate", f"settle:{approval_id}", {"approval_id": approval_id})


def _refuse_if_not_valid(approval: Approval, approver: str) -> None:
    if not approver:
        raise DecisionRefused("Name the person who decides.")
    if approval.status != "waiting":
        raise DecisionRefused(f"Already {approval.status}: a decision is taken once.")
    if approver == approval.requested_by:
        raise DecisionRefused("Who asks for an approval cannot give it. Ask somebody else.")
    if approval.content_hash != content_hash(
        approval.kind, approval.subject_id, approval.act, approval.payload
    ):
        raise DecisionRefused("What was shown has changed since. Propose it again.")


def _refuse_if_not_accepted(approval: Approval, reason: str) -> None:
    """What the payload lists under ``must_acknowledge`` is approved only by name."""
    warned: list[str] = approval.payload.get("must_acknowledge", [])
    missing = [name for name in warned if not _says(reason, re.escape(name))]
    if warned and (missing or not _says(reason, "accept(s|ed|ing)?")):
        raise DecisionRefused(
            f"This comes with warnings about {', '.join(warned)}. To approve it all the same, "
            f"write a reason that says accept and names each: accept {' '.join(warned)}"
        )


def _says(reason: str, pattern: str) -> bool:
    """Whether the reason holds these words whole, not as a part of longer ones."""
    return bool(re.search(rf"(?<![\w.]){pattern}(?![\w]|\.\w)", reason, re.IGNORECASE))
