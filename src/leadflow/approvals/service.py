"""Asking people, taking their decisions, and carrying out exactly what was shown.

An approval fixes its subject by a content hash and its policy as it was when it was asked. Whoever
decides is never who asked, nobody counts twice, a decision is taken once, and an approved act is
left to the outbox under the approval's own key.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.accounts.tables import Person
from leadflow.approvals.decision_kinds import SubjectChanged
from leadflow.approvals.evidence import Evidence
from leadflow.approvals.policy_store import current_policies
from leadflow.approvals.progress import advance, begin_level, finish, step, void_and_tell
from leadflow.approvals.refusals import refusal
from leadflow.approvals.subject import content_hash, refuse_changed
from leadflow.approvals.tables import Approval, ApprovalStep, ApprovalVote
from leadflow.approvals.who import May, MayNot, look
from leadflow.outbox import service as outbox
from leadflow.outbox.acts import act_of

Vote = Literal["approve", "reject"]
Door = Literal["api", "page", "prefect", "terminal"]


class ApprovalNotFound(LookupError):
    """There is no approval with this id."""


class NobodyNeeded(RuntimeError):
    """The policies ask nobody about this; carry it out instead of asking."""


class NotApproved(RuntimeError):
    """An act whose approval does not stand; nothing is done."""


@dataclass(frozen=True)
class Proposal:
    """What people are asked to decide.

    ``act`` is carried out with ``payload`` if approved; ``description`` is Markdown for the people,
    by ids only. ``asked_why`` is the reason in the words of who asks, which may name people and so
    is shown on Leadflow's own pages only. ``facts`` are what the policies go by. ``requested_by``
    is in whose name, ``asked_by`` who asks where that is somebody else. It takes the place of older
    questions that wait: of every one of its kind, or only of those about the same subject.
    Names under ``must_acknowledge`` in the payload are warnings: an approval's reason must accept
    each by name.
    """

    kind: str
    subject_id: str
    act: str
    payload: dict[str, Any]
    description: str
    requested_by: str
    facts: dict[str, Any] = field(default_factory=dict)
    asked_by: str | None = None
    replaces: Literal["kind", "subject"] = "kind"
    asked_why: str | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True)
class DecisionTaken:
    """What came of somebody's decision: whether it counted, else why not (a stable name), and in
    words. The approval is as it is now."""

    approval: Approval
    counted: bool
    words: str
    problem: str | None = None


def propose(session: Session, proposal: Proposal, now: datetime) -> Approval:
    """Ask the people whom the policies name. An older question that nobody has answered is void
    where the new one takes its place (``Proposal.replaces``). Starts the gate flow through the
    outbox.

    Raises:
        NobodyNeeded: the policies ask nobody about this.
        UnknownAct: no room declares the act.
        UnknownDecision: no room declares decisions of this kind.
    """
    act_of(proposal.act)
    version, policies = current_policies(session)
    needed = policies.requirement(proposal.kind, proposal.facts, now)
    if not needed.levels:
        raise NobodyNeeded(f"By the policy {needed.policy}, nobody is asked about this.")
    subjects = [proposal.subject_id] if proposal.replaces == "subject" else None
    void(session, proposal.kind, "Replaced by a newer proposal.", now, subjects)
    fixed = content_hash(session, proposal.kind, proposal.subject_id, proposal.payload)
    approval = Approval(
        kind=proposal.kind,
        subject_id=proposal.subject_id,
        act=proposal.act,
        payload=proposal.payload,
        description=proposal.description,
        asked_why=proposal.asked_why,
        evidence=None if proposal.evidence is None else proposal.evidence.to_dict(),
        status="waiting",
        requested_by=proposal.requested_by,
        asked_by=proposal.asked_by or proposal.requested_by,
        requested_at=now,
        due_at=now,
        content_hash=fixed,
        policy=needed.policy,
        policy_version=version,
        facts=proposal.facts | {"remind_at_share": needed.remind_at_share},
        levels=[level.model_dump(mode="json") for level in needed.levels],
        level=0,
        roles_now=[],
        hours=needed.hours,
        escalate_to=list(needed.escalate_to),
        at_end=needed.at_end,
    )
    session.add(approval)
    session.flush()
    start_gate(session, approval.id, f"gate:{approval.id}")
    begin_level(session, approval, 0, now)
    return approval


def start_gate(session: Session, approval_id: str, key: str) -> None:
    """Have the flow started that shows the question in Prefect and waits for the answer."""
    payload = {"deployment": "await_decision", "parameters": {"approval_id": approval_id}}
    outbox.enqueue(session, "start_flow_run", key, payload | {"key": key})


def void(
    session: Session,
    kind: str,
    reason: str,
    now: datetime,
    subject_ids: Sequence[str] | None = None,
) -> list[str]:
    """Take back the questions of a kind that wait, all or those about some subjects; their ids."""
    waiting_ones = select(Approval).where(Approval.kind == kind, Approval.status == "waiting")
    if subject_ids is not None:
        waiting_ones = waiting_ones.where(Approval.subject_id.in_(subject_ids))
    found = session.scalars(waiting_ones.order_by(Approval.id).with_for_update()).all()
    for approval in found:
        finish(session, approval, "void", None, reason, now)
    return [approval.id for approval in found]


def get(session: Session, approval_id: str, *, held: bool = False) -> Approval:
    """The approval; ``held``, as it is now and until the transaction ends.

    Raises:
        ApprovalNotFound: no such id.
    """
    approval = session.get(
        Approval, approval_id, with_for_update=held or None, populate_existing=held
    )
    if approval is None:
        raise ApprovalNotFound(f"There is no approval {approval_id}.")
    return approval


def up_to_date(session: Session, approval_id: str, now: datetime) -> Approval:
    """The approval, held until the transaction ends, after what is due of it by now: a reminder,
    the next role, or its end. Commit in any case.

    Raises:
        ApprovalNotFound: no such id.
    """
    approval = get(session, approval_id, held=True)
    advance(session, approval, now)
    return approval


def waiting(session: Session, limit: int = 1000) -> list[Approval]:
    """Everything that waits for a decision, oldest first."""
    oldest = select(Approval).where(Approval.status == "waiting").order_by(Approval.requested_at)
    return list(session.scalars(oldest.limit(limit)))


def waiting_for(session: Session, person: Person, now: datetime) -> list[Approval]:
    """What this person may decide now, oldest first."""
    found = waiting(session)
    looked = look(session, found, person, now)
    return [one for one in found if isinstance(looked.may_decide(one), May)]


def steps_of(session: Session, approval_id: str) -> list[ApprovalStep]:
    """Everything that happened to an approval, the oldest first."""
    of_it = select(ApprovalStep).where(ApprovalStep.approval_id == approval_id)
    return list(session.scalars(of_it.order_by(ApprovalStep.number)))


def votes_of(session: Session, approval_id: str) -> list[ApprovalVote]:
    """Who has decided what, in order."""
    of_it = select(ApprovalVote).where(ApprovalVote.approval_id == approval_id)
    return list(session.scalars(of_it.order_by(ApprovalVote.at, ApprovalVote.person_id)))


def decide(
    session: Session,
    approval_id: str,
    decision: Vote,
    person: Person,
    reason: str,
    now: datetime,
    door: Door,
    seen_hash: str | None = None,
) -> DecisionTaken:
    """Take somebody's decision. One that does not count says why; it is kept in the record and the
    audit log, so commit in any case. ``seen_hash`` is the hash of what was shown to them.

    A rejection ends it; an approval leads to the next level once so many have approved as the level
    needs, and after the last the act goes to the outbox in the same transaction.

    Raises:
        ApprovalNotFound: no such id.
    """
    approval = up_to_date(session, approval_id, now)
    refused = refusal(session, approval, decision, person, reason, now, seen_hash)
    if isinstance(refused, MayNot):
        if refused.problem == "subject-changed" and approval.status == "waiting":
            void_and_tell(session, approval, None, refused.words, now)
        step(session, approval, "refused", person.id, now, why=refused.problem, door=door)
        return DecisionTaken(approval, False, refused.words, refused.problem)
    vote = ApprovalVote(
        approval_id=approval.id,
        person_id=person.id,
        counts_for=refused.counts_for.id,
        level=approval.level,
        decision=decision,
        reason=reason.strip(),
        door=door,
        content_hash=approval.content_hash,
        at=now,
    )
    session.add(vote)
    more: dict[str, Any] = {"level": approval.level, "door": door, "counts_for": vote.counts_for}
    step(session, approval, f"{decision}_vote", person.id, now, said=vote.reason, **more)
    return DecisionTaken(approval, True, _count(session, approval, vote, now))


def carry_out(
    session: Session,
    approval_id: str,
    now: datetime,
    do: Callable[[Approval], dict[str, Any]],
) -> dict[str, Any]:
    """Do what was approved, once, in this transaction; once more changes nothing. Where the subject
    is no longer what was shown, or ``do`` finds so (``SubjectChanged``), the approval is void and
    nothing is done.

    Raises:
        ApprovalNotFound: no such id.
        NotApproved: it is not approved.
    """
    approval = get(session, approval_id, held=True)
    if approval.carried_out_at is not None:
        return {"already": approval.carried_out_at.isoformat()}
    if approval.status == "void":
        return {"void": approval.reason}
    if approval.status != "approved":
        raise NotApproved(f"{approval.id} is {approval.status}; nothing is done.")
    try:
        with session.begin_nested():
            refuse_changed(session, approval)
            result = do(approval)
            approval.carried_out_at = now
    except SubjectChanged as error:
        session.refresh(approval)
        approval.status, approval.reason = "void", str(error)
        approval.decided_by = approval.decided_at = None
        step(session, approval, "void", "leadflow", now, why="subject-changed", was="approved")
        return {"void": str(error)}
    step(session, approval, "carried_out", "leadflow", now)
    return result


def _count(session: Session, approval: Approval, vote: ApprovalVote, now: datetime) -> str:
    """Whether the vote settles the level, or the whole; what has come of it, in words."""
    if vote.decision == "reject":
        finish(session, approval, "rejected", vote.person_id, vote.reason, now)
        return "Rejected."
    session.flush()
    level = approval.levels[approval.level]
    given = sum(one.level == approval.level for one in votes_of(session, approval.id))
    if given < level["quorum"]:
        return f"Noted: {given} of {level['quorum']} have approved."
    if approval.level + 1 < len(approval.levels):
        begin_level(session, approval, approval.level + 1, now)
        return f"Noted. Now it waits for {' or '.join(approval.roles_now)}."
    finish(session, approval, "approved", vote.person_id, vote.reason, now)
    return "Approved."
