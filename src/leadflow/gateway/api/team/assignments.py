"""Assignments over the API: the salesperson of a lead, and the trace of the decision."""

from datetime import UTC, datetime
from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.assignment.routing.decision_trace import Trace, last_trace
from leadflow.assignment.tables import Rep
from leadflow.assignment.work.handover import find_rep
from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.leads.lead_answers import owner_out
from leadflow.gateway.api.leads.schemas import OwnerOut
from leadflow.gateway.http.callers import ReadsLeads
from leadflow.gateway.http.versions import Tagged
from leadflow.intake.standings import standing_of

router = APIRouter(tags=["assignment"], route_class=Tagged)


class CandidateOut(BaseModel):
    """A salesperson who could have had the lead; place 1 is the best by the strategy."""

    rep_id: str
    name: str
    place: int
    total: float
    parts: dict[str, float]
    chosen: bool


class ExcludedOut(BaseModel):
    """A salesperson who could not, with every constraint that stood against it."""

    rep_id: str
    name: str
    constraints: list[str]
    words: str


class AssignmentDecisionOut(BaseModel):
    """One decision: the rule and the versions it went by, and everybody's case."""

    decided_at: datetime
    source: str = Field(description="sweep, request, or what else made it.")
    rule_id: str | None = Field(description="Empty: the default of the rules.")
    rules_version: int | None = Field(description="Empty: the built-in rule.")
    team_version: int
    strategy: str
    strategy_why: str | None = Field(
        description="Why this strategy where no rule names one; empty where rules do."
    )
    rep_id: str | None = Field(description="Who was chosen; empty where nobody could.")
    reason: str
    candidates: list[CandidateOut]
    excluded: list[ExcludedOut]

    @classmethod
    def of(cls, trace: Trace, names: dict[str, str]) -> Self:
        """From a trace, with the names of the salespeople."""

        def called(rep_id: str) -> dict[str, str]:
            return {"name": names.get(rep_id, "(no longer in the team)")}

        plain = {name: getattr(trace, name) for name in cls.model_fields}
        return cls(
            **plain
            | {
                "candidates": [
                    CandidateOut(**vars(someone) | called(someone.rep_id))
                    for someone in trace.candidates
                ],
                "excluded": [
                    ExcludedOut(**vars(someone) | called(someone.rep_id))
                    for someone in trace.excluded
                ],
            }
        )


class AssignmentOut(BaseModel):
    """Who has the lead now, and the newest decision about it."""

    lead_id: str
    owner: OwnerOut | None
    decision: AssignmentDecisionOut | None = Field(
        description="Empty where no rule gives the lead to anybody, or only people decided."
    )
    why_not: str | None = Field(description="About the salesperson asked for, in a sentence.")


@router.get(
    "/leads/{lead_id}/assignment",
    response_model=AssignmentOut,
    summary="Who has this lead, and why?",
)
def read_assignment(
    lead_id: str,
    caller: ReadsLeads,
    rep: Annotated[
        str | None, Query(description="Why not this one? Our id of the salesperson, or yours.")
    ] = None,
) -> AssignmentOut:
    """The owner, and how it was decided: rule and version, everybody's parts and total, and for
    whoever could not have it every constraint."""
    with unit_of_work() as session:
        trace = last_trace(session, lead_id)
        asked = None if rep is None else find_rep(session, rep).id
        return AssignmentOut(
            lead_id=lead_id,
            owner=owner_out(standing_of(session, lead_id, datetime.now(UTC))),
            decision=None
            if trace is None
            else AssignmentDecisionOut.of(trace, names_of_reps(session)),
            why_not=_why_not(trace, asked),
        )


def _why_not(trace: Trace | None, rep_id: str | None) -> str | None:
    if rep_id is None:
        return None
    if trace is None:
        return "Nothing was decided about this lead yet: no rule gives it to anybody."
    return trace.why_not(rep_id)


def names_of_reps(session: Session) -> dict[str, str]:
    """What each salesperson is called, by id."""
    return dict(session.execute(select(Rep.id, Rep.name)).tuples().all())
