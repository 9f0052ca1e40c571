"""The page of a lead: who it is, its score as a sum, who has it and why, what happened; setting its
score."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import nan
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Request, Response
from pydantic import ValidationError
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from features.definitions import DEFINITIONS
from leadflow.accounts.actors import Actor
from leadflow.assignment.offered import offered_to
from leadflow.assignment.routing.decision_trace import last_trace
from leadflow.assignment.tables import Assignment, Rep
from leadflow.assignment.team.naming import called, names_of_people
from leadflow.assignment.team.reach import reaches_lead
from leadflow.assignment.work.handover import current_assignment
from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.leads.lead_answers import next_step, score_out
from leadflow.gateway.api.leads.schemas import LeadOut
from leadflow.gateway.api.team.assignments import AssignmentDecisionOut, names_of_reps
from leadflow.gateway.console.campaigns import phrases
from leadflow.gateway.console.campaigns.standing import in_campaigns
from leadflow.gateway.console.forms import OnLead, Overriding, go_to
from leadflow.gateway.console.history import history
from leadflow.gateway.console.kept import kept_of
from leadflow.gateway.console.notices import Notice, told_on
from leadflow.gateway.console.rendering import page, words
from leadflow.intake.overrides import OverrideAsked
from leadflow.intake.senders import Sender
from leadflow.intake.standings import standing_of
from leadflow.leads.service import LeadMerged
from leadflow.leads.updating import counters_now
from leadflow.scoring.overrides.schemas import OverrideIn
from leadflow.settings import get_settings

router = APIRouter(include_in_schema=False)
PATH = "/console/leads/{lead_id}"
NUMBER = re.compile(r"[0-9]{1,3}([.][0-9]{1,6})?")
LABELS = {one.feature.name: one.feature.label for one in DEFINITIONS}
WAITS = "It waits until somebody who may has agreed. You see it among what you asked."


@dataclass(frozen=True)
class Bar:
    """One contribution, drawn from the middle of 200 units; ``x`` and ``width`` in those."""

    name: str
    points: float
    x: float
    width: float


@router.get(PATH)
def show(request: Request, lead_id: str, caller: OnLead) -> Response:
    """The lead as it stands now; of one that was merged, the lead that stands for it."""
    try:
        return lead_page(request, lead_id, caller)
    except LeadMerged as merged:
        return go_to(address_of(merged.survivor_id))


@router.post(PATH + "/override")
def set_score(
    request: Request,
    lead_id: str,
    caller: Overriding,
    new_score: Annotated[str, Form(max_length=20)] = "",
    reason: Annotated[str, Form(max_length=2000)] = "",
    priority: Annotated[str, Form(max_length=20)] = "normal",
) -> Response:
    """Set the score; a large change waits for somebody else."""
    typed = {"new_score": new_score, "reason": reason, "priority": priority}
    try:
        number = float(new_score) if NUMBER.fullmatch(new_score.strip()) else nan
        said = OverrideIn.model_validate(typed | {"new_score": number})
    except ValidationError as error:
        wrong = ", ".join(words(str(part["loc"][0])) for part in error.errors())
        told = Notice(f"Correct and send again: {wrong}.", at="score", typed=typed)
        return lead_page(request, lead_id, caller, 422, told)
    asked = OverrideAsked(lead_id, said, Sender(caller))
    taken = request.app.state.intake.overrides.submit(asked).result()
    came = WAITS if taken.override.status == "waiting" else "It counts from now on."
    return told_on(request, address_of(lead_id), Notice(came, True, "score"))


@router.get(PATH + "/override")
@router.get(PATH + "/work")
@router.get(PATH + "/outcome")
@router.get(PATH + "/reassign")
@router.get(PATH + "/notes")
@router.get(PATH + "/tasks")
@router.get(PATH + "/tags")
def back(lead_id: str, caller: OnLead) -> Response:
    """Whoever loads the answer of a form again gets the page that the form is on."""
    return go_to(address_of(lead_id))


def address_of(lead_id: str) -> str:
    """Where the page of a lead is."""
    return f"/console/leads/{quote(lead_id)}"


def lead_page(
    request: Request,
    lead_id: str,
    caller: Actor,
    status: int = 200,
    told: Notice | None = None,
) -> Response:
    """The page as it stands now, and what came of a form on it."""
    now = datetime.now(UTC)
    with unit_of_work() as session:
        made = current_assignment(session, lead_id)
        standing = standing_of(session, lead_id, now)
        score, model = score_out(standing), standing.score
        trace = last_trace(session, lead_id)
        reps = names_of_reps(session)
        override, active = standing.override, _active_reps(session)
        setters = names_of_people(session, [override.override_by if override else None])
        values: dict[str, Any] = {
            "lead": standing.lead,
            "name": called(standing.lead),
            "ended": standing.outcome,
            "set_by": override and setters.get(override.override_by, override.set_by),
            "known": known_of(LeadOut.of(standing.lead), counters_now(session, standing.lead)),
            "score": score,
            "points": 0.0 if model is None else model.points,
            "bars": [] if model is None else bars(model.contributions),
            "next_step": next_step(standing),
            "work": work_on(made) if within(session, caller, "lead.work", lead_id) else None,
            "may_tell": within(session, caller, "lead.fact", lead_id),
            "held": made,
            "kept": kept_of(session, caller, lead_id),
            "may_edit": within(session, caller, "lead.edit", lead_id),
            "offered": _offered(session, caller, made),
            "holder": made and reps[made.rep_id],
            "task_reps": active,
            "reps": [rep for rep in active if made is None or rep.id != made.rep_id]
            if within(session, caller, "lead.reassign", lead_id)
            else [],
            "decision": trace and AssignmentDecisionOut.of(trace, reps),
            "mailed": in_campaigns(session, standing.lead, now),
            "may_enrol": within(session, caller, "campaign.enroll", lead_id),
            "timeline": history(session, standing.lead),
        }
    return page(
        request,
        "lead.html",
        caller,
        status,
        told,
        may_override=caller.reach("score.override") is not None,
        days=get_settings().override_days,
        phrases=phrases,
        **values,
    )


def bars(contributions: dict[str, float]) -> list[Bar]:
    """The contributions that move the score by a tenth of a point or more, the largest first."""
    moving = {name: points for name, points in contributions.items() if abs(points) >= 0.05}
    most = max(map(abs, moving.values()), default=1.0)
    drawn = []
    for name, points in sorted(moving.items(), key=lambda item: -abs(item[1])):
        width = round(abs(points) / most * 100, 1)
        drawn.append(
            Bar(LABELS.get(name, name), points, 100.0 if points > 0 else 100.0 - width, width)
        )
    return drawn


def known_of(lead: LeadOut, counted: Mapping[str, int]) -> list[tuple[str, str]]:
    """What is known of a lead beside how to reach it, as a person reads it; ``counted``: how often
    it did what is counted, up to now."""
    budget = "" if lead.budget is None else f"{lead.budget:,.0f} {lead.currency}"
    told: list[tuple[str, Any]] = [
        ("company", lead.company_name),
        ("people", None if lead.company_size is None else f"{lead.company_size:,}"),
        ("industry", lead.industry),
        ("where", lead.location),
        ("budget", budget),
        ("wants to start", lead.timeline),
        ("asks for", ", ".join(lead.service_requirements or [])),
        ("website visits", counted.get("website_visits")),
        ("e-mails opened", counted.get("email_opens")),
        ("downloads", counted.get("content_downloads")),
        *lead.attributes.items(),
    ]
    return [(name, str(value)) for name, value in told if value not in (None, "")]


def work_on(made: Assignment | None) -> list[str]:
    """What whoever has the lead can say about it next."""
    if made is None:
        return []
    new = ["accept"] if made.accepted_at is None else []
    return [*new, "touch", "decline" if new else "return"]


def within(session: Session, caller: Actor, permission: str, lead_id: str) -> bool:
    """Whether the caller may do this with this lead, as it stands now."""
    reach = caller.reach(permission)
    return reach is not None and reaches_lead(session, caller.rep_id, reach, lead_id)


def _offered(session: Session, caller: Actor, made: Assignment | None) -> bool:
    """Whether the lead is offered to the caller, who stands above whoever has it."""
    if made is None or caller.rep_id is None or caller.reach("lead.work") is None:
        return False
    asked = select(exists().where(Assignment.id == made.id, offered_to(caller.rep_id)))
    return bool(session.scalar(asked))


def _active_reps(session: Session) -> list[Rep]:
    """Who works here, by name."""
    active = session.scalars(select(Rep).where(Rep.active))
    return sorted(active, key=lambda rep: rep.name.casefold())
