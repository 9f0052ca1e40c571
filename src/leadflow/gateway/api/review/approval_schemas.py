"""Schemas of approvals in requests and answers."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.accounts.people import usernames
from leadflow.approvals.listing import Seen
from leadflow.approvals.service import Vote
from leadflow.approvals.tables import Approval
from leadflow.approvals.who import May, MayNot
from leadflow.gateway.api.review.approval_access import may_caller
from leadflow.scoring.overrides.schemas import Words
from leadflow.settings import get_settings


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
        seen = Seen(approval, may_caller(session, approval, caller))
        return cls.of_seen(seen, names_in(session, [seen]))

    @classmethod
    def of_seen(cls, seen: Seen, names: Mapping[str, str]) -> Self:
        """From what was read, with what people are called."""
        approval, may = seen.approval, seen.may
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


def names_in(session: Session, seen: Iterable[Seen]) -> dict[str, str]:
    """What those are called who ask for these approvals, and who decided."""
    ids = [(one.approval.requested_by, one.approval.decided_by) for one in seen]
    return usernames(session, [own for both in ids for own in both])


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
