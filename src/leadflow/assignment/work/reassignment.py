"""A person gives a lead to somebody else than the machine did: at once, or once somebody agrees."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy.orm import Session

from features.how_many import how_many
from leadflow.accounts.delegation import Requester
from leadflow.approvals import service as approvals
from leadflow.approvals.decision_kinds import SubjectChanged
from leadflow.approvals.evidence import Evidence, Fact
from leadflow.approvals.policy_inputs import facts_of
from leadflow.approvals.policy_store import requirement
from leadflow.approvals.tables import Approval
from leadflow.assignment.tables import Assignment, RepLoad
from leadflow.assignment.work.handover import (
    AssignmentChanged,
    RepFull,
    RepInactive,
    current_assignment,
    find_rep,
)
from leadflow.assignment.work.service import Said, reassign
from leadflow.leads.service import get_lead
from leadflow.settings import Settings

KIND = "assignment_override"
REASSIGN = "reassign_lead"
Priority = Literal["urgent", "high", "normal", "low"]


def ask_or_reassign(
    session: Session,
    settings: Settings,
    lead_id: str,
    by: Requester,
    said: Said,
    rep: str,
    reason: str,
    priority: Priority = "normal",
) -> Assignment | Approval:
    """The lead's new assignment; or the approval that it waits for, where the policies ask somebody
    about it. Whoever cannot take it is said so at once in both cases.

    Raises:
        LeadNotFound, AssignmentChanged, RepNotFound, RepInactive, RepFull: see ``reassign``.
    """
    facts = facts_of(get_lead(session, lead_id), by, priority)
    if not requirement(session, KIND, facts, said.at).levels:
        return reassign(session, settings, lead_id, said, rep, reason)
    with session.begin_nested() as tried:
        given = reassign(session, settings, lead_id, said, rep, reason)
        to = given.rep_id
        tried.rollback()
    made = current_assignment(session, lead_id)
    if made is not None and made.rep_id == to:
        return made
    question = approvals.Proposal(
        kind=KIND,
        subject_id=lead_id,
        act=REASSIGN,
        payload={
            "lead_id": lead_id,
            "from": None if made is None else made.rep_id,
            "to": to,
        },
        description=(
            f"# Give {lead_id} to {find_rep(session, to).external_id}?\n\n"
            f"{'Nobody has it' if made is None else 'Now it is with ' + _of(session, made)}."
        ),
        requested_by=by.id,
        evidence=_evidence(session, lead_id, made, to),
        asked_why=reason,
        facts=facts,
        asked_by=by.asked_by,
        replaces="subject",
    )
    return approvals.propose(session, question, said.at)


def content(session: Session, lead_id: str, payload: dict[str, Any]) -> dict[str, Any]:
    """What is decided about: the lead, with whom it is now."""
    made = current_assignment(session, lead_id)
    return {"owner": None if made is None else made.rep_id}


def carry_out_reassignment(
    session: Session, settings: Settings, payload: dict[str, Any], now: datetime
) -> dict[str, Any]:
    """What the act ``reassign_lead`` does; the approval is void where somebody else has the lead by
    now, or the salesperson cannot take it any more."""

    def give(approval: Approval) -> dict[str, Any]:
        said, why = approval.payload, approval.asked_why or ""
        who = Said(approval.requested_by, now)
        try:
            made = reassign(session, settings, said["lead_id"], who, said["to"], why)
        except (AssignmentChanged, RepFull, RepInactive) as error:
            raise SubjectChanged(str(error)) from error
        return {"assignment": made.id}

    return approvals.carry_out(session, payload["approval_id"], now, give)


def _evidence(session: Session, lead_id: str, made: Assignment | None, to: str) -> Evidence:
    load = session.get(RepLoad, to)
    has = how_many(0 if load is None else load.open_leads, "lead")
    return Evidence(
        asks=f"Give {lead_id} to {to}?",
        facts=(
            Fact("It is with", "nobody" if made is None else made.rep_id, "now"),
            Fact("It would go to", to, f"who has {has} in work"),
        ),
    )


def _of(session: Session, made: Assignment) -> str:
    return find_rep(session, made.rep_id).external_id
