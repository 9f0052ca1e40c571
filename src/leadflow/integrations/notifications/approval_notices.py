"""Telling people what they are to decide, and what was decided of what they asked for."""

from typing import Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from leadflow.accounts.people import actor_of
from leadflow.accounts.tables import Person
from leadflow.approvals.codes import issue_code
from leadflow.approvals.decision_kinds import kind_of
from leadflow.approvals.progress import NOBODY, NOTIFY
from leadflow.approvals.service import get
from leadflow.approvals.tables import Approval
from leadflow.approvals.who import May, may_decide, who_may_decide
from leadflow.assignment.team.naming import names_of_leads, names_of_people
from leadflow.database.engine import unit_of_work
from leadflow.integrations.notifications import messages
from leadflow.integrations.notifications.messages import Code, Message, Question
from leadflow.integrations.notifications.recipients import account_of
from leadflow.integrations.notifications.sending import send, was_sent
from leadflow.outbox.acts import Done, End, NothingDone, Order, Outside
from leadflow.outbox.lanes import NOTICES
from leadflow.outbox.service import enqueue


class ApprovalNotice(BaseModel):
    """Who is told what about which approval."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    what: Literal[
        "approval_asked",
        "approval_reminder",
        "approval_escalated",
        "approval_decided",
        "approval_withdrawn",
        "approval_void",
    ]
    approval_id: str
    person_id: str


def notify_person(order: Order, payload: ApprovalNotice) -> End:
    """Tell somebody. Whoever has no address is told nothing; a question that was answered meanwhile
    is not asked.

    Raises:
        NotSent: it was surely not taken.
        MaybeSent: it may or may not have been.
    """
    with unit_of_work() as session:
        if payload.person_id == NOBODY:
            return _for_nobody(session, order, get(session, payload.approval_id), payload.what)
        found = account_of(session, payload.person_id)
        if isinstance(found, NothingDone):
            return found
        person, to = found
        approval = get(session, payload.approval_id)
        message = _message(session, order, payload, approval, person)
    if message is None:
        return NothingDone("It is no longer theirs to decide.")
    send(order, to, message)
    return Done({"what": payload.what})


def _for_nobody(session: Session, order: Order, approval: Approval, what: str) -> End:
    """Nobody could decide as it was asked; whoever can by now is told."""
    if approval.status != "waiting":
        return NothingDone("It no longer waits for anybody.")
    people = [may.person.id for may in who_may_decide(session, approval, order.now)]
    for person_id in people:
        payload = {"what": what, "approval_id": approval.id, "person_id": person_id}
        enqueue(session, NOTIFY, f"{order.key}:{person_id}", payload)
    if people:
        return Done({"told": people})
    return NothingDone(
        f"Nobody may decide {approval.id}: it is for {' or '.join(approval.roles_now)}, and there "
        "is none but perhaps whoever asks, who may not. Give somebody one of these roles "
        "(leadflow people add NAME --role ROLE, or leadflow people change NAME --role ROLE), then "
        "retry this."
    )


def _message(
    session: Session, order: Order, payload: ApprovalNotice, approval: Approval, person: Person
) -> Message | None:
    names = names_of_leads(session, actor_of(person), [approval.lead_id])
    people = names_of_people(session, [person.id, approval.requested_by])
    subject = names.get(approval.subject_id, approval.about)
    what = f"{kind_of(approval.kind).words}: {subject}"
    link = f"{order.settings.address}/console/approvals/{approval.id}"
    if payload.what in ("approval_decided", "approval_withdrawn", "approval_void"):
        status = "withdrawn" if payload.what == "approval_withdrawn" else approval.status
        return messages.decided(people[person.id], what, link, status, approval.reason)
    may = may_decide(session, approval, person, order.now)
    if approval.status != "waiting" or not isinstance(may, May):
        return None
    minutes = order.settings.approval_code_minutes
    headline = approval.asks
    for lead_id, name in names.items():
        headline = headline.replace(lead_id, name)
    asked_by = people.get(approval.requested_by, approval.requested_by)
    question = Question(what, headline, asked_by, link, approval.due_at)
    code = issue_code(session, approval, person, order.now, minutes)
    mail_code = Code(person.username, code, minutes)
    return messages.asked(payload.what, people[person.id], question, mail_code)


NOTIFY_PERSON = Outside(
    NOTIFY, NOTICES, ApprovalNotice, notify_person, repeatable=False, reconcile=was_sent
)
