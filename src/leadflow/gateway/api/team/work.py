"""Work on assigned leads over the API: accepting, returning, touching, reassigning."""

from datetime import UTC, datetime
from typing import Literal

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.accounts.delegation import requester
from leadflow.accounts.permissions import Reach
from leadflow.assignment.tables import Assignment, Rep
from leadflow.assignment.team.reach import reps_within
from leadflow.assignment.work import lists
from leadflow.assignment.work import service as working
from leadflow.assignment.work.alarms import unroutable
from leadflow.assignment.work.follow_ups import open_tasks
from leadflow.assignment.work.handover import find_rep
from leadflow.assignment.work.offers import take
from leadflow.assignment.work.reassignment import ask_or_reassign
from leadflow.assignment.work.service import Said, TouchKind, TouchResult
from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.team.work_schemas import (
    AcceptIn,
    AssignmentStepOut,
    ByIn,
    HandedOut,
    HandOut,
    ReassignIn,
    TouchIn,
    UnroutableOut,
    WaitsOut,
    WhyIn,
    WorkOut,
)
from leadflow.gateway.http.callers import ReadsLeads, Reassigns, WorksLeads
from leadflow.gateway.http.idempotency import Keyed
from leadflow.gateway.http.pages import Paged, PageOut
from leadflow.gateway.http.security import named_by
from leadflow.intake.audit_notes import note
from leadflow.intake.senders import Sender
from leadflow.leads.service import get_lead
from leadflow.paging.keyset import Page
from leadflow.settings import get_settings

router = APIRouter(tags=["assignment"], route_class=Keyed)
Action = Literal["accept", "decline", "return", "touch", "take"]


@router.post(
    "/leads/{lead_id}/assignment/accept", response_model=HandedOut, summary="Take a lead on"
)
def accept_lead(lead_id: str, caller: WorksLeads, body: AcceptIn | None = None) -> HandedOut:
    """The salesperson takes the lead on; once more changes nothing."""
    said = body or AcceptIn()
    with unit_of_work() as session:
        made = act(session, caller, lead_id, "accept", _said(session, said, caller))
        return _answer(session, made)


@router.post(
    "/leads/{lead_id}/assignment/decline", response_model=HandedOut, summary="Do not take a lead"
)
def decline_lead(lead_id: str, body: WhyIn, caller: WorksLeads) -> HandedOut:
    """The salesperson says why not; the next sweep gives the lead to somebody else."""
    with unit_of_work() as session:
        said = _said(session, body, caller)
        made = act(session, caller, lead_id, "decline", said, body.reason)
        return _answer(session, made)


@router.post(
    "/leads/{lead_id}/assignment/return", response_model=HandedOut, summary="Give a lead back"
)
def return_lead(lead_id: str, body: WhyIn, caller: WorksLeads) -> HandedOut:
    """Back to the pool, though it was taken on; the next sweep gives it to somebody else."""
    with unit_of_work() as session:
        said = _said(session, body, caller)
        made = act(session, caller, lead_id, "return", said, body.reason)
        return _answer(session, made)


@router.post(
    "/leads/{lead_id}/assignment/reassign",
    response_model=HandedOut | WaitsOut,
    summary="Give a lead to…",
    responses={202: {"model": WaitsOut, "description": "Somebody must agree first"}},
)
def reassign_lead(
    lead_id: str, body: ReassignIn, response: Response, caller: Reassigns
) -> HandedOut | WaitsOut:
    """Give a lead to a salesperson, whoever has it, if anybody; 202 where the policies ask somebody
    about it first. Nobody gets more than their capacity: 409 `rep-full`."""
    with unit_of_work() as session:
        now, settings = datetime.now(UTC), get_settings()
        by = requester(session, caller, body.by, now)
        said = Said(by.id, now, body.from_rep_id)
        made = ask_or_reassign(
            session, settings, lead_id, by, said, body.rep_id, body.reason, body.priority
        )
        if isinstance(made, Assignment):
            return _answer(session, made)
        response.status_code = 202
        link = f"{settings.address}/console/approvals/{made.id}"
        return WaitsOut(lead_id=lead_id, approval_id=made.id, waits_for=made.roles_now, link=link)


@router.post("/leads/{lead_id}/assignment/touch", response_model=HandedOut, summary="Got in touch")
def touch_lead(lead_id: str, caller: WorksLeads, body: TouchIn | None = None) -> HandedOut:
    """The salesperson has got in touch: the clock stops. Events `rep_call`, `rep_email` and
    `rep_meeting` of the lead say the same."""
    said = body or TouchIn()
    with unit_of_work() as session:
        who = _said(session, said, caller)
        made = act(session, caller, lead_id, "touch", who, kind=said.kind, result=said.result)
        return _answer(session, made)


@router.post(
    "/leads/{lead_id}/assignment/take", response_model=HandedOut, summary="Take an offered lead"
)
def take_lead(lead_id: str, caller: WorksLeads, body: ByIn | None = None) -> HandedOut:
    """Whoever stands above takes a lead that was offered to them, for nobody got in touch in time:
    409 `not-offered` where it was not. Nobody gets more than their capacity: 409 `rep-full`."""
    with unit_of_work() as session:
        made = act(session, caller, lead_id, "take", _said(session, body or ByIn(), caller))
        return _answer(session, made)


@router.get(
    "/leads/{lead_id}/assignment/steps",
    response_model=PageOut[AssignmentStepOut],
    summary="What happened?",
)
def read_steps(lead_id: str, caller: ReadsLeads, paged: Paged) -> PageOut[AssignmentStepOut]:
    """Everything that happened to the lead's assignments, the oldest first."""
    with unit_of_work() as session:
        get_lead(session, lead_id)
        return PageOut.of(lists.steps(session, lead_id, paged).of(AssignmentStepOut.of))


@router.get("/reps/{rep_id}/leads", response_model=PageOut[WorkOut], summary="Leads in work")
def read_work(rep_id: str, caller: ReadsLeads, paged: Paged) -> PageOut[WorkOut]:
    """The leads a salesperson has, the most urgent first: those whose first word or a task of whom
    is due by when it is, then the others."""
    with unit_of_work() as session:
        found = lists.in_work(session, find_rep(session, rep_id).id, paged)
        tasks = open_tasks(session, [made.lead_id for made, _ in found.items])
        return PageOut.of(
            found.of(lambda of: WorkOut.with_tasks(of[0], of[1].name, tasks.get(of[0].lead_id)))
        )


@router.get("/assignments/overdue", response_model=PageOut[HandOut], summary="Overdue leads")
def read_overdue(caller: ReadsLeads, paged: Paged) -> PageOut[HandOut]:
    """Leads whose first touch is overdue, the longest first: yours, or your team's."""
    reach = caller.reach("lead.read") or Reach.OWN
    with unit_of_work() as session:
        within = reps_within(session, caller.rep_id, reach)
        return _held(lists.overdue(session, within, datetime.now(UTC), paged))


@router.get(
    "/assignments/unroutable", response_model=PageOut[UnroutableOut], summary="Nobody's leads"
)
def read_unroutable(caller: ReadsLeads, paged: Paged) -> PageOut[UnroutableOut]:
    """Leads that should have a salesperson and that nobody can take, the longest first."""
    names = UnroutableOut.model_fields
    with unit_of_work() as session:
        found = unroutable(session, paged)
        return PageOut.of(
            found.of(lambda row: UnroutableOut(**{name: getattr(row, name) for name in names}))
        )


def act(
    session: Session,
    caller: Actor,
    lead_id: str,
    action: Action,
    said: Said,
    reason: str = "",
    kind: TouchKind = "call",
    result: TouchResult | None = None,
) -> Assignment:
    """What a salesperson does with a lead, kept in the audit log.

    Raises:
        LeadNotFound, NotAssigned, AssignmentChanged: see ``assignment.handing.held``.
        NotOffered, RepInactive, RepFull: see ``assignment.work.offers.take``.
    """
    if action == "take":
        return take(session, get_settings(), lead_id, said, caller.rep_id)
    if action == "decline":
        return working.decline(session, lead_id, said, reason)
    if action == "return":
        return working.give_back(session, lead_id, said, reason)
    if action == "accept":
        made = working.accept(session, lead_id, said)
        note(session, Sender(caller), "lead.accepted", lead_id, after={"rep": made.rep_id})
        return made
    made = working.touch(session, lead_id, said, kind, result)
    detail = {"kind": kind} if result is None else {"kind": kind, "result": result}
    note(session, Sender(caller), "lead.touched", lead_id, detail=detail)
    return made


def _held(found: Page[lists.Held]) -> PageOut[HandOut]:
    return PageOut.of(found.of(lambda held: HandOut.of(held[0], held[1].name)))


def _said(session: Session, body: ByIn, caller: Actor) -> Said:
    return Said(named_by(session, caller, body.by), datetime.now(UTC), body.rep_id)


def _answer(session: Session, made: Assignment) -> HandedOut:
    name = session.get_one(Rep, made.rep_id).name
    steps = [AssignmentStepOut.of(step) for step in working.steps_of(session, made.lead_id)]
    return HandedOut(**HandOut.of(made, name).model_dump(), steps=steps)
