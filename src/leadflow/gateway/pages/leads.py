"""The page of a lead: its score as a sum, who has it and why, what happened; setting its score."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Request, Response
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.accounts.acting import requester
from leadflow.accounts.actors import Actor
from leadflow.accounts.people import usernames
from leadflow.assignment.tracing import last_trace
from leadflow.assignment.working import steps_of
from leadflow.database.engine import unit_of_work
from leadflow.gateway.answers import next_step, score_if_any
from leadflow.gateway.assigned import DecisionOut, hand_out, names_of_reps, owner_of
from leadflow.gateway.pages.forms import OnLead, Overriding
from leadflow.gateway.pages.rendering import page
from leadflow.gateway.schemas import LeadOut
from leadflow.leads.service import get_lead, lock_lead
from leadflow.leads.tables import LeadEvent, Outcome
from leadflow.scoring.overrides import active_override, override
from leadflow.scoring.schemas import OverrideIn
from leadflow.scoring.service import current_score
from leadflow.scoring.tables import ScoreOverride
from leadflow.settings import get_settings

router = APIRouter(include_in_schema=False)
PATH = "/console/leads/{lead_id}"
NEWEST = 30


@dataclass(frozen=True)
class Bar:
    """One contribution, drawn from the middle of 200 units; ``x`` and ``width`` in those."""

    name: str
    points: float
    x: float
    width: float


@dataclass(frozen=True)
class Entry:
    """Something that happened to the lead."""

    at: datetime
    what: str
    more: str


@router.get(PATH)
def show(request: Request, lead_id: str, caller: OnLead) -> Response:
    """The lead as it stands now."""
    return _page(request, lead_id, caller)


@router.post(PATH + "/override")
def set_score(
    request: Request,
    lead_id: str,
    caller: Overriding,
    new_score: Annotated[float, Form()],
    reason: Annotated[str, Form(max_length=2000)] = "",
    priority: Annotated[Literal["urgent", "high", "normal", "low"], Form()] = "normal",
) -> Response:
    """Set the score; a large change waits for somebody else."""
    try:
        said = OverrideIn(new_score=new_score, reason=reason, priority=priority)
    except ValidationError as error:
        wrong = ", ".join(str(part["loc"][0]) for part in error.errors())
        return _page(request, lead_id, caller, 422, said=f"Correct and send again: {wrong}.")
    now = datetime.now(UTC)
    with unit_of_work() as session:
        lead = lock_lead(session, lead_id)
        who = requester(session, caller, None, now)
        made = override(session, lead_id, said, who, now, get_settings())
        counts = active_override(session, lead_id, now)
        hand_out(session, lead, current_score(session, lead_id), now, counts)
        words = "It counts from now on."
        if made.status == "waiting":
            words = "It waits until somebody who may has agreed. You see it among what you asked."
    return _page(request, lead_id, caller, said=words, counted=True)


def _page(
    request: Request,
    lead_id: str,
    caller: Actor,
    status: int = 200,
    said: str = "",
    counted: bool = False,
) -> Response:
    now = datetime.now(UTC)
    with unit_of_work() as session:
        lead = LeadOut.of(get_lead(session, lead_id))
        score = score_if_any(session, lead_id, now)
        model = None if score is None else current_score(session, lead_id)
        trace = last_trace(session, lead_id)
        values: dict[str, Any] = {
            "lead": lead,
            "name": _name(lead),
            "score": score,
            "points": 0.0 if model is None else model.points,
            "bars": [] if model is None else bars(model.contributions),
            "next_step": next_step(session, lead_id, score),
            "owner": owner_of(session, lead_id),
            "decision": trace and DecisionOut.of(trace, names_of_reps(session)),
            "timeline": timeline(session, lead_id),
        }
    return page(
        request,
        "lead.html",
        caller,
        status,
        may_override=caller.reach("score.override") is not None,
        days=get_settings().override_days,
        said=said,
        counted=counted,
        **values,
    )


def bars(contributions: dict[str, float]) -> list[Bar]:
    """The contributions that move the score by a tenth of a point or more, the largest first."""
    moving = {name: points for name, points in contributions.items() if abs(points) >= 0.05}
    most = max(map(abs, moving.values()), default=1.0)
    drawn = []
    for name, points in sorted(moving.items(), key=lambda item: -abs(item[1])):
        width = round(abs(points) / most * 100, 1)
        drawn.append(Bar(name, points, 100.0 if points > 0 else 100.0 - width, width))
    return drawn


def timeline(session: Session, lead_id: str) -> list[Entry]:
    """What the lead did, what was done with it, and how it ended; newest first."""
    events = session.scalars(
        select(LeadEvent)
        .where(LeadEvent.lead_id == lead_id)
        .order_by(LeadEvent.occurred_at.desc())
        .limit(NEWEST)
    )
    found = [Entry(one.occurred_at, one.type.replace("_", " "), "the lead") for one in events]
    steps = steps_of(session, lead_id)[-NEWEST:]
    names = usernames(session, [step.actor for step in steps])
    found += [
        Entry(step.at, f"assignment {step.kind}", names.get(step.actor, step.actor))
        for step in steps
    ]
    made = select(ScoreOverride).where(ScoreOverride.lead_id == lead_id)
    found += [
        Entry(
            one.created_at,
            f"score set to {one.new_score:.0f} ({one.status})",
            f"{one.set_by}: {one.reason}",
        )
        for one in session.scalars(made)
    ]
    ended = select(Outcome).where(Outcome.lead_id == lead_id)
    found += [Entry(one.occurred_at, one.outcome, "outcome") for one in session.scalars(ended)]
    return sorted(found, key=lambda entry: entry.at, reverse=True)[:NEWEST]


def _name(lead: LeadOut) -> str:
    person = " ".join(part for part in (lead.first_name, lead.last_name) if part)
    parts = [part for part in (person, lead.job_title, lead.company_name) if part]
    return ", ".join(parts) or lead.id
