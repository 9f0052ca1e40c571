"""The board: leads in columns by how far they are, the best of each first."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.accounts.permissions import Reach
from leadflow.assignment.team.naming import called
from leadflow.assignment.team.reach import reps_within
from leadflow.assignment.work.follow_ups import open_tasks
from leadflow.database.engine import Use, unit_of_work
from leadflow.gateway.console.forms import OnLead, go_to
from leadflow.gateway.console.leads.moves import COLUMNS
from leadflow.gateway.console.leads.state import LIST
from leadflow.gateway.console.notices import Notice, told_on
from leadflow.gateway.console.rendering import page
from leadflow.gateway.console.search import stands
from leadflow.intake.standings import LeadStanding, standings
from leadflow.search.board import columns
from leadflow.search.service import SearchTooSlow, in_time
from leadflow.search.stages import Stage

router = APIRouter(include_in_schema=False)
BOARD = f"{LIST}/board"
MOST = 20
SLOW = "The board could not be read in time. Load it again; the list shows the leads meanwhile."


@router.get(BOARD)
def show(request: Request, caller: OnLead, whose: Annotated[str, Query()] = "") -> Response:
    """One's own leads, or all within one's reach."""
    now = datetime.now(UTC)
    reach = caller.reach("lead.read") or Reach.OWN
    mine = caller.rep_id is not None and (reach is Reach.OWN or whose == "mine")
    try:
        with unit_of_work(use=Use.SEARCH) as session, in_time():
            within = reps_within(session, caller.rep_id, Reach.OWN if mine else reach)
            found = list(columns(session, within, MOST, now))
            cards = _cards(
                session, [one for column in found for one in column.lead_ids], caller, now
            )
    except SearchTooSlow:
        found, cards = [], {}
    return page(
        request,
        "leads/board.html",
        caller,
        told=None if found else Notice(SLOW),
        columns=[(column, COLUMNS[column.stage]) for column in found],
        cards=cards,
        stages=COLUMNS,
        mine=mine,
        both=caller.rep_id is not None and reach is not Reach.OWN,
    )


@router.post(BOARD)
def move(
    request: Request,
    caller: OnLead,
    lead: Annotated[str, Form(max_length=100)] = "",
    to: Annotated[Stage | None, Form()] = None,
) -> Response:
    """On to the page that says what moving it means."""
    if not lead.isidentifier() or to is None:
        return told_on(request, BOARD, Notice("Choose a lead, and where it is to be."))
    return go_to(f"{LIST}/{lead}/move/{to}")


def _cards(
    session: Session, lead_ids: list[str], caller: Actor, now: datetime
) -> dict[str, dict[str, Any]]:
    """What stands on the card of each lead."""
    tasks = open_tasks(session, lead_ids)
    return {
        lead_id: {
            "name": called(standing.lead),
            "owner": _owner(standing, caller),
            "due": None if standing.owner is None else standing.owner.due_at,
            "tasks": tasks.get(lead_id, (0, None)),
        }
        | stands(standing)
        for lead_id, standing in standings(session, lead_ids, now).items()
    }


def _owner(standing: LeadStanding, caller: Actor) -> str:
    if standing.owner is None:
        return ""
    return "you" if standing.owner.rep_id == caller.rep_id else standing.owner.name
