"""Finding a lead: by its id, its e-mail address, its name, or what its company is called."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from features.normal_forms import plain_text
from leadflow.accounts.actors import Actor
from leadflow.accounts.permissions import Reach
from leadflow.assignment.tables import Assignment
from leadflow.assignment.team.naming import called
from leadflow.assignment.team.reach import leads_of
from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.leads.lead_answers import score_brief
from leadflow.gateway.console.forms import OnLead, go_to
from leadflow.gateway.console.notices import Notice, notice_of, told_on
from leadflow.gateway.console.rendering import page
from leadflow.intake.standings import LeadStanding, standings
from leadflow.leads.finding.search_indexes import is_called, works_at
from leadflow.leads.service import email_index_of
from leadflow.leads.tables import Lead, Outcome
from leadflow.privacy.name_index import ways_of
from leadflow.scoring.overrides.service import effective_score, in_force
from leadflow.scoring.tables import LeadScore, ScoreOverride

router = APIRouter(include_in_schema=False)
MOST = 50
ADDRESS = "/console/find"


@router.get(ADDRESS)
def show(request: Request, caller: OnLead) -> Response:
    """The leads that fit what was searched for, the best first; else what can be searched for."""
    said = notice_of(request).more.get("said", "")
    with unit_of_work() as session:
        found = _fitting(session, caller, said) if said else []
        known = standings(session, found, datetime.now(UTC))
        shown = [
            {"id": lead_id, "name": called(standing.lead), "rep": standing.owner} | stands(standing)
            for lead_id in found
            if (standing := known.get(lead_id)) is not None
        ]
    return page(request, "found.html", caller, said=said, found=shown, most=MOST)


@router.post(ADDRESS)
def find(
    request: Request, caller: OnLead, lead: Annotated[str, Form(max_length=320)] = ""
) -> Response:
    """To the lead itself where one is meant, else to those that fit. What is searched for may be
    personal, so it is no part of an address, which would be logged."""
    said = lead.strip()
    if said.startswith("lead_") and said.isidentifier():
        return go_to(f"/console/leads/{said}")
    with unit_of_work() as session:
        found = _fitting(session, caller, said) if said else []
    if len(found) == 1:
        return go_to(f"/console/leads/{found[0]}")
    return told_on(request, ADDRESS, Notice(more={"said": said}))


def stands(standing: LeadStanding) -> dict[str, Any]:
    """The score that counts and its level, or how the lead ended."""
    counts = score_brief(standing)
    level = "not scored yet" if counts is None else counts.level
    return {"score": counts and counts.total, "state": standing.outcome or level}


def _fitting(session: Session, caller: Actor, said: str) -> list[str]:
    """Ids of the leads that fit: open ones first, the best first."""
    fits, ways = works_at(plain_text(said)), ways_of(said)
    if "@" in said:
        named_so = Lead.email_index == email_index_of(said)
        fits = Lead.id.in_(select(func.coalesce(Lead.merged_into, Lead.id)).where(named_so))
    elif ways:
        fits = or_(fits, is_called(ways))
    reach = caller.reach("lead.read") or Reach.OWN
    ended = exists().where(Outcome.lead_id == Lead.id)
    statement = (
        select(Lead.id)
        .outerjoin(LeadScore, (LeadScore.lead_id == Lead.id) & LeadScore.is_current)
        .outerjoin(ScoreOverride, (ScoreOverride.lead_id == Lead.id) & in_force(func.now()))
        .outerjoin(Assignment, (Assignment.lead_id == Lead.id) & Assignment.ended_at.is_(None))
        .where(fits, Lead.merged_into.is_(None), leads_of(session, caller.rep_id, reach))
        .order_by(ended, effective_score().desc().nulls_last(), Lead.id)
        .limit(MOST)
    )
    return list(session.scalars(statement))
