"""State changes of an approval: next level, next role, end. Each is kept as a step and told to
those it concerns."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from leadflow.approvals.decision_kinds import kind_of
from leadflow.approvals.policy_store import current_policies
from leadflow.approvals.tables import Approval, ApprovalStep
from leadflow.approvals.who import who_may_decide
from leadflow.audit import service as audit
from leadflow.outbox import service as outbox

NOTIFY = "notify_person"


def step(
    session: Session,
    approval: Approval,
    kind: str,
    actor: str,
    now: datetime,
    *,
    said: str | None = None,
    was: str | None = None,
    **detail: Any,
) -> ApprovalStep:
    """Keep what happened, in the approval's own record and in the audit log; ``said`` is the reason
    a person gave, ``was`` the status that ends with it."""
    row = ApprovalStep(approval_id=approval.id, at=now, kind=kind, actor=actor, detail=detail)
    session.add(row)
    session.flush()
    about = {"kind": approval.kind, "subject": approval.subject_id, "hash": approval.content_hash}
    audit.record(
        session,
        actor,
        f"approval.{kind}",
        approval.id,
        about | {name: value for name, value in detail.items() if name != "why"},
        why=detail.get("why"),
        said=said,
        before=None if was is None else {"status": was},
        after={"status": approval.status},
    )
    return row


def begin_level(session: Session, approval: Approval, level: int, now: datetime) -> None:
    """Ask the people of a level, and give them their time; where nobody of its roles can decide,
    the next role is asked at once."""
    wanted = approval.levels[level]
    approval.level, approval.roles_now = level, list(wanted["roles"])
    _give_time(session, approval, now)
    session.flush()
    tell(session, approval, "asked", step(session, approval, "asked", "leadflow", now, level=level))
    _pass_on_where_nobody_can(session, approval, now)


def advance(session: Session, approval: Approval, now: datetime) -> None:
    """What is due: a reminder, the next role, or the end. The caller holds the row."""
    while approval.status == "waiting" and approval.due_at <= now:
        _escalate_or_end(session, approval, now)
    if approval.status != "waiting":
        return
    _pass_on_where_nobody_can(session, approval, now)
    if approval.remind_at is not None and approval.remind_at <= now:
        approval.remind_at = None
        tell(session, approval, "reminder", step(session, approval, "reminded", "leadflow", now))


def finish(
    session: Session,
    approval: Approval,
    status: str,
    by: str | None,
    reason: str | None,
    now: datetime,
) -> ApprovalStep:
    """End an approval; what was approved is left to the outbox, under the approval's own key, and
    the run that waits in Prefect is ended. Whoever asked is told, unless they ended it."""
    was, approval.status, approval.reason = approval.status, status, reason
    if status in ("approved", "rejected"):
        approval.decided_by, approval.decided_at = by, now
    approval.remind_at = None
    session.flush()
    made = _ended(session, approval, by, reason, was, now)
    if status == "approved":
        payload = {**approval.payload, "approval_id": approval.id}
        outbox.enqueue(session, approval.act, f"approval:{approval.id}", payload)
        if (also := kind_of(approval.kind).once_approved) is not None:
            also(session, approval, now)
    settle_gate(session, approval.id)
    if approval.requested_by.startswith("person_") and approval.requested_by != by:
        _tell_one(session, approval, "decided", approval.requested_by, made)
    return made


def void_and_tell(
    session: Session, approval: Approval, by: str | None, reason: str, now: datetime
) -> None:
    """End a question that waits: whoever asked it withdraws it (``by``), or nobody can answer it
    any more. Those who could have decided are told, and whoever asked, unless they ended it."""
    asked = [may.person.id for may in who_may_decide(session, approval, now)]
    made = finish(session, approval, "void", by, reason, now)
    for person_id in asked:
        _tell_one(session, approval, "void" if by is None else "withdrawn", person_id, made)


def _ended(
    session: Session,
    approval: Approval,
    by: str | None,
    reason: str | None,
    was: str,
    now: datetime,
) -> ApprovalStep:
    if by is not None and by.startswith("person_"):
        return step(session, approval, approval.status, by, now, said=reason, was=was)
    why = {} if reason is None else {"why": reason}
    return step(session, approval, approval.status, by or "leadflow", now, was=was, **why)


def settle_gate(session: Session, approval_id: str) -> None:
    """End the run that waits at the gate, if it was not the door the decision came through."""
    outbox.enqueue(session, "settle_gate", f"settle:{approval_id}", {"approval_id": approval_id})


# In the place of a person's id, where there is nobody to tell.
NOBODY = "nobody"


def tell(session: Session, approval: Approval, what: str, made: ApprovalStep) -> None:
    """Notify everybody who may decide now. Where nobody may, the list of what was not told says
    so."""
    people = [may.person.id for may in who_may_decide(session, approval, made.at)]
    for person_id in people or [NOBODY]:
        _tell_one(session, approval, what, person_id, made)


def _tell_one(
    session: Session, approval: Approval, what: str, person_id: str, made: ApprovalStep
) -> None:
    outbox.enqueue(
        session,
        NOTIFY,
        f"notify:{approval.id}:{made.number}:{person_id}",
        {"what": f"approval_{what}", "approval_id": approval.id, "person_id": person_id},
    )


def _give_time(session: Session, approval: Approval, now: datetime) -> None:
    policies = current_policies(session)[1]
    approval.due_at = policies.after(now, approval.hours)
    share = approval.facts.get("remind_at_share", 0.5)
    approval.remind_at = policies.after(now, approval.hours * share)


def _pass_on_where_nobody_can(session: Session, approval: Approval, now: datetime) -> None:
    """Nothing waits for nobody: while none of the roles has anybody who can, the next is asked."""
    while approval.escalate_to and not who_may_decide(session, approval, now):
        _escalate(session, approval, now, "nobody of these roles can decide")


def _escalate_or_end(session: Session, approval: Approval, now: datetime) -> None:
    if approval.escalate_to:
        _escalate(session, approval, now, "overdue")
        _pass_on_where_nobody_can(session, approval, now)
    elif approval.at_end == "approve_by_silence":
        by = f"policy:{approval.policy}"
        finish(session, approval, "approved", by, "Nobody objected in time.", now)
    else:
        finish(session, approval, "expired", None, "Nobody decided in time.", now)


def _escalate(session: Session, approval: Approval, now: datetime, why: str) -> None:
    """The next role may decide too; those asked before still may."""
    role, *left = approval.escalate_to
    approval.escalate_to = left
    approval.roles_now = [*dict.fromkeys([*approval.roles_now, role])]
    _give_time(session, approval, now)
    session.flush()
    made = step(session, approval, "escalated", "leadflow", now, to=role, why=why)
    tell(session, approval, "escalated", made)
