"""What waits for a decision, deciding it, and one-time codes for the form in Prefect."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.accounts.people import usernames
from leadflow.accounts.tables import Person
from leadflow.approvals import codes, service
from leadflow.approvals.service import Door, Outcome, Vote
from leadflow.approvals.tables import Approval
from leadflow.approvals.who import May, MayNot, may_decide, sees
from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.to_do import ToDo, everything
from leadflow.gateway.http.callers import Decides, ReadsApprovals, SeesAll
from leadflow.gateway.http.problems import Problem
from leadflow.integrations import decisions  # noqa: F401  registers the kinds
from leadflow.scoring.overrides.schemas import Words
from leadflow.settings import get_settings

router = APIRouter(tags=["approvals"])
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


class VoteOut(BaseModel):
    """What one person has decided."""

    by: str
    counts_for: str
    level: int
    decision: str
    reason: str
    door: str
    at: datetime


class ApprovalStepOut(BaseModel):
    """Something that happened to an approval."""

    at: datetime
    kind: str
    actor: str
    detail: dict[str, Any]


class ApprovalOut(BaseModel):
    """What is asked, of whom, and how it stands."""

    id: str
    kind: str
    subject_id: str
    status: str
    description: str = Field(description="What is asked and why, in Markdown.")
    asked_why: str | None = Field(description="The reason in the words of who asks.")
    content_hash: str = Field(description="Of exactly what is decided; send it with a decision.")
    requested_by: str
    requested_at: datetime
    due_at: datetime = Field(description="When the next role is asked, or it ends.")
    policy: str
    level: int = Field(description="The level it is at, from 0.")
    levels: list[dict[str, Any]]
    waits_for: list[str] = Field(description="Roles that may decide now.")
    you_may: bool = Field(description="Whether the caller may decide now.")
    why_not: str | None = Field(description="Where the caller may not.")
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None
    carried_out_at: datetime | None
    link: str

    @classmethod
    def of(cls, session: Session, approval: Approval, caller: Actor) -> Self:
        """From the stored row, as this caller sees it."""
        may = may_caller(session, approval, caller)
        names = usernames(session, [approval.requested_by, approval.decided_by])
        plain = {name: getattr(approval, name) for name in PLAIN}
        decided = approval.decided_by
        return cls(
            **plain,
            requested_by=names.get(approval.requested_by, approval.requested_by),
            decided_by=None if decided is None else names.get(decided, decided),
            waits_for=approval.roles_now if approval.status == "waiting" else [],
            you_may=isinstance(may, May),
            why_not=may.words if isinstance(may, MayNot) else None,
            link=f"{get_settings().address}/console/approvals/{approval.id}",
        )


PLAIN = (
    "id",
    "kind",
    "subject_id",
    "status",
    "description",
    "asked_why",
    "content_hash",
    "requested_at",
    "due_at",
    "policy",
    "level",
    "levels",
    "decided_at",
    "reason",
    "carried_out_at",
)


class ApprovalWhole(ApprovalOut):
    """The same with who has decided what, and what happened to it."""

    votes: list[VoteOut]
    steps: list[ApprovalStepOut]


class WaitingOut(BaseModel):
    """One thing that somebody is to do."""

    model_config = ConfigDict(from_attributes=True)

    kind: str
    id: str
    what: str
    address: str = Field(description="Of its page, within the gateway.")
    asked_by: str
    waits_for: str = Field(description="Roles, or the salesperson.")
    since: datetime
    due_at: datetime | None
    asks: str | None = Field(description="Of a decision: what is asked, in one line.")
    lead_id: str | None = Field(description="Where it is about a lead.")


class DecisionIn(BaseModel):
    """A decision, and why."""

    model_config = ConfigDict(extra="forbid")

    decision: Vote
    reason: Words
    content_hash: str | None = Field(
        default=None, description="Of what was shown to you: refused if it is not this."
    )


class ApprovalDecisionOut(BaseModel):
    """What has come of a decision."""

    status: str
    words: str
    approval: ApprovalOut


class CodeOut(BaseModel):
    """A one-time code for the form in the Prefect UI."""

    code: str
    minutes: float


@router.get("/approvals", response_model=list[ApprovalOut], summary="What waits for a decision?")
def list_approvals(
    caller: ReadsApprovals,
    status: Status = "waiting",
    mine: Annotated[bool, Query(description="Only what you may decide now.")] = False,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[ApprovalOut]:
    """Oldest first: what you may decide, may decide later, have decided, or asked for."""
    with unit_of_work() as session:
        oldest = select(Approval).where(Approval.status == status).order_by(Approval.requested_at)
        found: list[ApprovalOut] = []
        for approval in session.scalars(oldest):
            if not visible(session, approval, caller):
                continue
            shown = ApprovalOut.of(session, approval, caller)
            found += [shown] if shown.you_may or not mine else []
            if len(found) == limit:
                break
        return found


@router.get("/waiting", response_model=list[WaitingOut], summary="Everything that waits")
def list_waiting(caller: SeesAll, limit: Annotated[int, Query(ge=1, le=2000)] = 500) -> list[ToDo]:
    """Decisions, reviews, leads to get in touch with, leads nobody can take: oldest first, each
    with whom it waits for."""
    with unit_of_work() as session:
        return everything(session, datetime.now(UTC))[:limit]


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
    "/approvals/{approval_id}/code",
    response_model=CodeOut,
    status_code=201,
    summary="A one-time code",
)
def make_code(approval_id: str, caller: Decides) -> CodeOut:
    """For the form in the Prefect UI, which does not know who you are. It works once."""
    minutes = get_settings().approval_code_minutes
    with unit_of_work() as session:
        approval = seen(session, approval_id, caller)
        may = may_caller(session, approval, caller)
        if isinstance(may, MayNot):
            raise refusal(Outcome(approval, False, may.words, may.problem))
        now = datetime.now(UTC)
        code = codes.issue_code(session, approval, may.person, now, minutes)
    return CodeOut(code=code, minutes=minutes)


def take(
    session: Session, approval_id: str, said: DecisionIn, caller: Actor, door: Door
) -> Outcome:
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


def refusal(outcome: Outcome) -> Problem:
    """A decision that does not count, as an answer."""
    kind = outcome.problem or "decision-refused"
    title = TITLES.get(kind, "It has been decided, or has ended")
    return Problem(403 if kind in FORBIDDEN else 409, kind, title, outcome.words)


def seen(session: Session, approval_id: str, caller: Actor) -> Approval:
    """The approval, if it is one the caller may see.

    Raises:
        ApprovalNotFound: no such id.
        Problem: 403, it is not.
    """
    approval = service.get(session, approval_id)
    if not visible(session, approval, caller):
        raise Problem(
            403, "not-yours", "This is for others", "Neither yours to decide nor asked by you."
        )
    return approval


def visible(session: Session, approval: Approval, caller: Actor) -> bool:
    """Whether the caller may see an approval."""
    if caller.reach("approval.all") is not None or caller.id in (
        approval.requested_by,
        approval.asked_by,
    ):
        return True
    person = session.get(Person, caller.id)
    return person is not None and sees(session, approval, person, datetime.now(UTC))


def may_caller(session: Session, approval: Approval, caller: Actor) -> May | MayNot:
    """Whether the caller may decide now."""
    if approval.status != "waiting":
        return MayNot(f"already-{approval.status}", f"It is {approval.status} already.")
    person = session.get(Person, caller.id)
    if person is None:
        return MayNot("not-yours-to-decide", "Only people decide.")
    return may_decide(session, approval, person, datetime.now(UTC))
