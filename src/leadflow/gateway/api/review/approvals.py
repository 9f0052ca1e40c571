"""Approvals over the API: listing, deciding, and one-time codes for the form in Prefect."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.accounts.people import usernames
from leadflow.accounts.tables import Person
from leadflow.approvals import codes, service
from leadflow.approvals.listing import page_of_approvals
from leadflow.approvals.service import DecisionTaken, Door
from leadflow.approvals.who import MayNot
from leadflow.database.engine import unit_of_work
from leadflow.drafts.withdrawing import withdraw
from leadflow.gateway.api.review.approval_access import may_caller, seen
from leadflow.gateway.api.review.approval_schemas import (
    ApprovalDecisionOut,
    ApprovalOut,
    ApprovalStepOut,
    ApprovalWhole,
    CodeOut,
    DecisionIn,
    VoteOut,
    WaitingOut,
    names_in,
)
from leadflow.gateway.api.review.to_do import ToDo, everything
from leadflow.gateway.http.callers import Decides, ReadsApprovals, SeesAll
from leadflow.gateway.http.idempotency import SHOWN_ONCE, Keyed
from leadflow.gateway.http.pages import Paged, PageOut
from leadflow.gateway.http.problem import Problem
from leadflow.settings import get_settings

router = APIRouter(tags=["approvals"], route_class=Keyed)
Status = Literal["waiting", "approved", "rejected", "expired", "void"]
FORBIDDEN = {"own-request", "not-yours-to-decide"}
TITLES = {
    "own-request": "Who asks cannot decide",
    "not-yours-to-decide": "This is for others to decide",
    "already-decided-by-you": "You have decided on this already",
    "subject-changed": "What was shown has changed",
    "other-content-shown": "Something else was shown to you",
    "warnings-not-accepted": "The warnings are not accepted",
    "code-wrong": "The code does not fit",
    "reason-missing": "A reason is missing",
}


@router.get("/approvals", response_model=PageOut[ApprovalOut], summary="What waits for a decision?")
def list_approvals(
    caller: ReadsApprovals,
    paged: Paged,
    status: Status = "waiting",
    mine: Annotated[bool, Query(description="Only what you may decide now.")] = False,
) -> PageOut[ApprovalOut]:
    """Oldest first: what you may decide, may decide later, have decided, or asked for."""
    with unit_of_work() as session:
        found = page_of_approvals(session, status, caller, mine, datetime.now(UTC), paged)
        names = names_in(session, found.items)
        return PageOut.of(found.of(lambda seen: ApprovalOut.of_seen(seen, names)))


@router.get("/waiting", response_model=PageOut[WaitingOut], summary="Everything that waits")
def list_waiting(caller: SeesAll, paged: Paged) -> PageOut[ToDo]:
    """Decisions, reviews, leads to get in touch with, leads nobody can take, each with whom it
    waits for: what is due in the order of when, the rest by since when it waits."""
    with unit_of_work() as session:
        return PageOut.of(everything(session, datetime.now(UTC), paged))


@router.get("/approvals/{approval_id}", response_model=ApprovalWhole, summary="Read an approval")
def read_approval(approval_id: str, caller: ReadsApprovals) -> ApprovalWhole:
    """What exactly is asked, who has decided what, and everything that happened to it."""
    with unit_of_work() as session:
        approval = seen(session, approval_id, caller)
        votes, steps = (
            service.votes_of(session, approval_id),
            service.steps_of(session, approval_id),
        )
        ids = [one for vote in votes for one in (vote.person_id, vote.counts_for)]
        names = usernames(session, [*ids, *(step.actor for step in steps)])
        return ApprovalWhole(
            **dict(ApprovalOut.of(session, approval, caller)),
            votes=[
                VoteOut(
                    by=names.get(vote.person_id, vote.person_id),
                    counts_for=names.get(vote.counts_for, vote.counts_for),
                    level=vote.level,
                    decision=vote.decision,
                    reason=vote.reason,
                    door=vote.door,
                    at=vote.at,
                )
                for vote in votes
            ],
            steps=[
                ApprovalStepOut(
                    at=step.at,
                    kind=step.kind,
                    actor=names.get(step.actor, step.actor),
                    detail=step.detail,
                )
                for step in steps
            ],
        )


@router.post(
    "/approvals/{approval_id}/decision",
    response_model=ApprovalDecisionOut,
    summary="Approve or reject",
)
def decide(approval_id: str, body: DecisionIn, caller: Decides) -> ApprovalDecisionOut:
    """Decide in your own place, or in that of somebody you stand in for. 409 where it was decided,
    has expired or is about something that has changed since; 403 where it is not yours to
    decide."""
    with unit_of_work() as session:
        outcome = take(session, approval_id, body, caller, "api")
        if outcome.counted:
            shown = ApprovalOut.of(session, outcome.approval, caller)
            return ApprovalDecisionOut(status=shown.status, words=outcome.words, approval=shown)
    # Outside, so that what was refused stays in the record.
    raise refusal(outcome)


@router.post(
    "/approvals/{approval_id}/withdrawal",
    response_model=ApprovalOut,
    summary="Withdraw a change of yours",
)
def withdraw_change(approval_id: str, caller: ReadsApprovals) -> ApprovalOut:
    """Take back a change of what is set up that you have submitted and that waits; those who were
    asked are told. 409 where it waits no longer, 403 where somebody else wrote it."""
    with unit_of_work() as session:
        seen(session, approval_id, caller)
        withdrawn = withdraw(session, approval_id, caller.id, datetime.now(UTC))
        return ApprovalOut.of(session, withdrawn, caller)


@router.post(
    "/approvals/{approval_id}/code",
    response_model=CodeOut,
    status_code=201,
    summary="A one-time code",
)
def make_code(approval_id: str, response: Response, caller: Decides) -> CodeOut:
    """For the form in the Prefect UI, which does not know who you are. It works once."""
    response.headers.update(SHOWN_ONCE)
    return one_time_code(approval_id, caller)


def one_time_code(approval_id: str, caller: Actor) -> CodeOut:
    """A new code for an approval that the caller may decide now.

    Raises:
        Problem: they may not.
    """
    minutes, now = get_settings().approval_code_minutes, datetime.now(UTC)
    with unit_of_work() as session:
        seen(session, approval_id, caller)
        approval = service.up_to_date(session, approval_id, now)
        may = may_caller(session, approval, caller)
        if not isinstance(may, MayNot):
            code = codes.issue_code(session, approval, may.person, now, minutes)
            return CodeOut(code=code, minutes=minutes)
    # Outside, so that a question whose time is over stays ended.
    raise refusal(DecisionTaken(approval, False, may.words, may.problem))


def take(
    session: Session, approval_id: str, said: DecisionIn, caller: Actor, door: Door
) -> DecisionTaken:
    """Take a signed-in person's decision."""
    return service.decide(
        session,
        approval_id,
        said.decision,
        session.get_one(Person, caller.id),
        said.reason,
        datetime.now(UTC),
        door,
        said.content_hash,
    )


def refusal(outcome: DecisionTaken) -> Problem:
    """A decision that does not count, as an answer."""
    kind = outcome.problem or "decision-refused"
    title = TITLES.get(kind, "It has been decided, or has ended")
    return Problem(403 if kind in FORBIDDEN else 409, kind, title, outcome.words)
