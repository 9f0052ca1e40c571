"""The page of one decision: what exactly, why, by when, who else; and deciding it."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from pydantic import ValidationError

from leadflow.accounts import delegation
from leadflow.accounts.actors import Actor
from leadflow.accounts.delegation import DelegationInvalid
from leadflow.accounts.people import PersonNotFound, find_person
from leadflow.accounts.tables import Person
from leadflow.approvals.decision_kinds import kind_of
from leadflow.approvals.service import Vote, get
from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.review import approvals
from leadflow.gateway.api.review.approval_schemas import DecisionIn
from leadflow.gateway.console.forms import Deciding, Delegating, OnPage
from leadflow.gateway.console.naming import names_of_leads
from leadflow.gateway.console.rendering import page
from leadflow.settings import get_settings

router = APIRouter(include_in_schema=False)
PATH = "/console/approvals/{approval_id}"


@router.get(PATH)
def show(request: Request, approval_id: str, caller: OnPage) -> Response:
    """The decision, and the form for whoever may decide."""
    return _page(request, approval_id, caller)


@router.post(PATH)
def decide(
    request: Request,
    approval_id: str,
    caller: Deciding,
    decision: Annotated[Vote, Form()],
    content_hash: Annotated[str, Form(max_length=64)],
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Take the decision; the page says what has come of it, and what was typed stays."""
    try:
        said = DecisionIn(decision=decision, reason=reason, content_hash=content_hash)
    except ValidationError:
        words = "Say why, for those who read it later."
        return _page(request, approval_id, caller, 422, said=words)
    with unit_of_work() as session:
        outcome = approvals.take(session, approval_id, said, caller, "page")
    if outcome.counted:
        return _page(request, approval_id, caller, said=outcome.words, counted=True)
    status = approvals.refusal(outcome).status
    return _page(request, approval_id, caller, status, said=outcome.words, typed=reason)


@router.post(PATH + "/code")
def code(request: Request, approval_id: str, caller: Deciding) -> Response:
    """A one-time code for the form in Prefect."""
    made = approvals.make_code(approval_id, caller)
    return _page(request, approval_id, caller, code=made.code, minutes=made.minutes)


@router.post(PATH + "/delegate")
def delegate(
    request: Request,
    approval_id: str,
    caller: Delegating,
    to: Annotated[str, Form(max_length=320)],
    days: Annotated[float, Form(gt=0, le=60)],
) -> Response:
    """Have somebody stand in from now on."""
    now = datetime.now(UTC)
    try:
        with unit_of_work() as session:
            me, stand_in = session.get_one(Person, caller.id), find_person(session, to)
            until = now + timedelta(days=days)
            delegation.delegate(session, me, stand_in, now, until, caller.id)
            said = f"{stand_in.username} decides in your place for {days:g} days."
    except (PersonNotFound, DelegationInvalid) as error:
        return _page(request, approval_id, caller, 422, said=str(error))
    return _page(request, approval_id, caller, said=said, counted=True)


def _page(
    request: Request,
    approval_id: str,
    caller: Actor,
    status: int = 200,
    said: str = "",
    counted: bool = False,
    **more: Any,
) -> Response:
    approval = approvals.read_approval(approval_id, caller)
    with unit_of_work() as session:
        stored = get(session, approval_id)
        run_id, lead_id = stored.flow_run_id, stored.lead_id
        names = names_of_leads(session, caller, [lead_id])
    run = None if run_id is None else f"{get_settings().prefect_url}/runs/flow-run/{run_id}"
    values = {"code": "", "minutes": 0.0, "typed": ""} | more
    return page(
        request,
        "decision.html",
        caller,
        status,
        approval=approval,
        kind=kind_of(approval.kind).words,
        name=names.get(approval.subject_id),
        lead_id=lead_id if lead_id and caller.reach("lead.read") else None,
        said=said,
        counted=counted,
        run=run,
        **values,
    )
