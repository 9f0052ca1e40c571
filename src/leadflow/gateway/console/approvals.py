"""The page of one decision: what exactly, why, by when, who else; and deciding it."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Request, Response
from pydantic import Field, TypeAdapter, ValidationError

from features.how_many import how_many
from leadflow.accounts import delegation
from leadflow.accounts.actors import Actor
from leadflow.accounts.delegation import DelegationInvalid
from leadflow.accounts.people import PersonNotFound, find_person
from leadflow.accounts.tables import Person
from leadflow.approvals.decision_kinds import kind_of
from leadflow.approvals.evidence import Evidence
from leadflow.approvals.service import Vote, get
from leadflow.assignment.team.naming import names_of_leads, names_of_people, names_of_reps
from leadflow.database.engine import unit_of_work
from leadflow.drafts.showing import draft_of
from leadflow.gateway.api.review import approvals
from leadflow.gateway.api.review.approval_schemas import ApprovalWhole, DecisionIn
from leadflow.gateway.console.forms import Deciding, Delegating, OnPage, go_to
from leadflow.gateway.console.in_words import STATUSES, STEPS, doer, more_of, plain, roles_in
from leadflow.gateway.console.notices import Notice, told_on
from leadflow.gateway.console.rendering import by_name, page
from leadflow.gateway.http.problem import Problem
from leadflow.settings import get_settings

router = APIRouter(include_in_schema=False)
PATH = "/console/approvals/{approval_id}"
DAYS = "Say for how many days: more than 0, at most 60."
_DAYS: TypeAdapter[float] = TypeAdapter(Annotated[float, Field(gt=0, le=60, allow_inf_nan=False)])
_VOTE: TypeAdapter[Vote] = TypeAdapter(Vote)
MARKUP = re.compile(r"([\\`*_{}\[\]()#+.!|<>~-])")


@router.get(PATH)
def show(request: Request, approval_id: str, caller: OnPage) -> Response:
    """The decision, and the form for whoever may decide."""
    return _page(request, approval_id, caller)


@router.post(PATH)
def decide(
    request: Request,
    approval_id: str,
    caller: Deciding,
    decision: Annotated[str, Form(max_length=20)] = "",
    content_hash: Annotated[str, Form(max_length=64)] = "",
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Take the decision, then show what has come of it; refused, what was typed stays."""
    typed = {"reason": reason}
    try:
        vote = _VOTE.validate_python(decision)
        said = DecisionIn(decision=vote, reason=reason, content_hash=content_hash)
    except ValidationError:
        words = "Say why, for those who read it later." if decision else "Approve or reject it."
        return _page(request, approval_id, caller, 422, Notice(words, at="decide", typed=typed))
    with unit_of_work() as session:
        outcome = approvals.take(session, approval_id, said, caller, "page")
    if outcome.counted:
        return told_on(
            request, _address(approval_id), Notice(roles_in(outcome.words), True, "status")
        )
    status = approvals.refusal(outcome).status
    told = Notice(roles_in(outcome.words), at="decide", typed=typed)
    return _page(request, approval_id, caller, status, told)


@router.post(PATH + "/code")
def code(request: Request, approval_id: str, caller: Deciding) -> Response:
    """A one-time code for the form in Prefect."""
    try:
        made = approvals.one_time_code(approval_id, caller)
    except Problem as refused:
        # Decided or ended since the page was shown: the page as it is now says how.
        return _page(
            request, approval_id, caller, refused.status, Notice(refused.detail, at="status")
        )
    more = {"code": made.code, "minutes": made.minutes}
    told = Notice("Your one-time code is made.", True, "code", more)
    return told_on(request, _address(approval_id), told)


@router.post(PATH + "/delegate")
def delegate(
    request: Request,
    approval_id: str,
    caller: Delegating,
    to: Annotated[str, Form(max_length=320)] = "",
    days: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Have somebody stand in from now on."""
    now = datetime.now(UTC)
    try:
        length = _DAYS.validate_python(days)
        with unit_of_work() as session:
            me, stand_in = session.get_one(Person, caller.id), find_person(session, to)
            delegation.delegate(session, me, stand_in, now, now + timedelta(days=length), caller.id)
            called = names_of_people(session, [stand_in.id])[stand_in.id]
            said = f"{called} decides in your place for {how_many(length, 'day')}."
    except (PersonNotFound, DelegationInvalid, ValidationError) as error:
        words = DAYS if isinstance(error, ValidationError) else str(error)
        told = Notice(words, at="delegate", typed={"to": to, "days": days})
        return _page(request, approval_id, caller, 422, told)
    return told_on(request, _address(approval_id), Notice(said, True, "status"))


@router.get(PATH + "/code")
@router.get(PATH + "/delegate")
def back(approval_id: str, caller: OnPage) -> Response:
    """Whoever loads the answer of a form again gets the page that the form is on."""
    return go_to(_address(approval_id))


def _address(approval_id: str) -> str:
    return f"/console/approvals/{quote(approval_id)}"


def _page(
    request: Request,
    approval_id: str,
    caller: Actor,
    status: int = 200,
    told: Notice | None = None,
) -> Response:
    approval = approvals.read_approval(approval_id, caller)
    with unit_of_work() as session:
        stored = get(session, approval_id)
        run_id, lead_id = stored.flow_run_id, stored.lead_id
        names = names_of_leads(session, caller, [lead_id])
        draft = draft_of(session, stored)
        beside = [] if draft is None else [one.written_by for one in draft.beside]
        people = names_of_people(session, [*_people_of(approval), *beside])
        evidence = Evidence.of(stored.evidence)
        about, warnings = stored.about, stored.payload.get("must_acknowledge", [])
        names |= names_of_reps(session, [fact.value for fact in evidence.facts])
    run = None if run_id is None else f"{get_settings().prefect_url}/runs/flow-run/{run_id}"
    return page(
        request,
        "decision.html",
        caller,
        status,
        told,
        approval=approval,
        kind=kind_of(approval.kind).words,
        name=names.get(approval.subject_id, about),
        evidence=evidence,
        question=by_name(evidence.asks or stored.headline, names),
        names=names,
        people=people,
        rest=named(approval.description.partition("\n")[2], names),
        warnings=warnings,
        draft=draft,
        lead_id=lead_id if lead_id and caller.reach("lead.read") else None,
        run=run,
        statuses=STATUSES,
        happened=_happened(approval, people),
    )


def _happened(approval: ApprovalWhole, people: Mapping[str, str]) -> list[dict[str, Any]]:
    """Everything that happened to it, in words."""
    told = []
    for step in approval.steps:
        who = people.get(step.actor) or doer(step.actor)
        # Whoever decides for themselves is named once.
        others = {own: name for own, name in people.items() if name != who}
        more = more_of(step.detail, others, len(approval.levels))
        what = STEPS.get(step.kind) or plain(step.kind)
        told.append({"at": step.at, "what": what, "who": who, "more": more})
    return told


def named(markdown: str, names: Mapping[str, str]) -> str:
    """What is asked, with what a lead is called in place of its id; a name is never markup."""
    for lead_id, name in names.items():
        markdown = markdown.replace(lead_id, MARKUP.sub(r"\\\1", name))
    return markdown


def _people_of(approval: ApprovalWhole) -> list[str]:
    voters = [one for vote in approval.votes for one in (vote.by, vote.counts_for)]
    told = [one for step in approval.steps for one in step.detail.values() if isinstance(one, str)]
    return [approval.requested_by, *voters, *(step.actor for step in approval.steps), *told]
