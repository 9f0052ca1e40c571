"""Finding a lead: by its id, its e-mail address, or what its company is called."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.accounts.permissions import Reach
from leadflow.assignment.tables import Assignment
from leadflow.assignment.team.reach import leads_of
from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.team.assignments import names_of_reps
from leadflow.gateway.console.forms import OnLead, go_to
from leadflow.gateway.console.naming import called
from leadflow.gateway.console.notices import Notice, notice_of, told_on
from leadflow.gateway.console.rendering import page
from leadflow.leads.service import email_index_of
from leadflow.leads.tables import Lead
from leadflow.scoring.tables import LeadScore

router = APIRouter(include_in_schema=False)
MOST = 50
ADDRESS = "/console/find"


@router.get(ADDRESS)
def show(request: Request, caller: OnLead) -> Response:
    """The leads that fit what was searched for, the best first; else what can be searched for."""
    said = notice_of(request).more.get("said", "")
    with unit_of_work() as session:
        found = _fitting(session, caller, said) if said else []
        reps = names_of_reps(session)
        shown = [
            {"id": one.id, "name": called(one), "score": score, "rep": reps.get(rep_id or "")}
            for one, score, rep_id in found
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
        return go_to(f"/console/leads/{found[0][0].id}")
    return told_on(request, ADDRESS, Notice(more={"said": said}))


def _fitting(
    session: Session, caller: Actor, said: str
) -> list[tuple[Lead, LeadScore | None, str | None]]:
    fits: ColumnElement[bool] = Lead.company_name.icontains(said, autoescape=True)
    if "@" in said:
        fits = Lead.email_index == email_index_of(said)
    reach = caller.reach("lead.read") or Reach.OWN
    statement = (
        select(Lead, LeadScore, Assignment.rep_id)
        .outerjoin(LeadScore, (LeadScore.lead_id == Lead.id) & LeadScore.is_current)
        .outerjoin(Assignment, (Assignment.lead_id == Lead.id) & Assignment.ended_at.is_(None))
        .where(fits, leads_of(session, caller.rep_id, reach))
        .order_by(LeadScore.total_score.desc().nulls_last(), Lead.id)
        .limit(MOST)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(statement)]
