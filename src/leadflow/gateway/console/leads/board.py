"""The board: leads in columns by how far they are, or by level, the best of each first."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request, Response
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.accounts.permissions import Reach
from leadflow.assignment.team.naming import called
from leadflow.assignment.team.reach import reps_within
from leadflow.assignment.team.store import RepNotFound
from leadflow.assignment.work.follow_ups import open_tasks
from leadflow.assignment.work.handover import find_rep
from leadflow.database.engine import Use, unit_of_work
from leadflow.gateway.console.forms import OnLead, go_to
from leadflow.gateway.console.leads.moves import COLUMNS
from leadflow.gateway.console.leads.pages import in_plain_words, state_of
from leadflow.gateway.console.leads.sealed import SealBroken
from leadflow.gateway.console.leads.state import BOARD, LIST, ListState
from leadflow.gateway.console.leads.views import every_view
from leadflow.gateway.console.notices import ANCHOR, Notice, told_on
from leadflow.gateway.console.rendering import page
from leadflow.gateway.console.search import stands
from leadflow.intake.standings import LeadStanding, standings
from leadflow.saved_views.service import may_share
from leadflow.search.board import BEST_FIRST, LEVELS, By, columns
from leadflow.search.question import SearchInvalid
from leadflow.search.schemas import NOBODY, LeadQuestion
from leadflow.search.service import SearchTooSlow, in_time
from leadflow.search.stages import Stage

router = APIRouter(include_in_schema=False)
MOST = 20
SLOW = "The board could not be read in time. Load it again; the list shows the leads meanwhile."
HEADINGS: dict[By, str] = {"stages": "by how far they are", "levels": "by level"}
AS_IT_BEGINS = ListState(question=BEST_FIRST, shown_as="stages")
# Of what an address says of a board.
LONGEST = 50_000
WORDS = COLUMNS | {level: level.capitalize() for level in LEVELS}


@router.get(BOARD)
def show(
    request: Request,
    caller: OnLead,
    whose: Annotated[str, Query()] = "",
    by: Annotated[Literal["", "stages", "levels"], Query()] = "",
    q: Annotated[str, Query()] = "",
    view: Annotated[str, Query()] = "",
) -> Response:
    """One's own leads, or all within one's reach; those of a view, or as a list has them."""
    try:
        state = state_of(caller, q, view) if q or view else ListState(question=BEST_FIRST)
    except SealBroken as broken:
        return board_page(request, caller, ListState(question=BEST_FIRST), told=Notice(str(broken)))
    if whose == "mine" and caller.rep_id is not None:
        state = state.asking(owner=caller.rep_id)
    kept: By = "levels" if state.shown_as == "levels" else "stages"
    return board_page(request, caller, state.shown(by or kept))


def board_page(
    request: Request,
    caller: Actor,
    state: ListState,
    status: int = 200,
    told: Notice | None = None,
) -> Response:
    """The board as the state says, and what came of a form on it."""
    now, by = datetime.now(UTC), _by(state)
    reach = caller.reach("lead.read") or Reach.OWN
    try:
        with unit_of_work(use=Use.SEARCH) as session, in_time():
            within = _within(session, caller, state.question, reach)
            found = list(columns(session, by, state.question, within, MOST, now))
            ids = [one for column in found for one in column.lead_ids]
            cards = _cards(session, ids, caller, now)
    except (SearchTooSlow, SearchInvalid, RepNotFound) as error:
        refused = SLOW if isinstance(error, SearchTooSlow) else in_plain_words(error)
        found, cards, told = [], {}, told or Notice(refused)
    with unit_of_work() as session:
        views = every_view(session, caller)
    view = next((one for one in views if one.id == state.view), None)
    mine = caller.rep_id is not None and state.question.owner == caller.rep_id
    return page(
        request,
        "leads/board.html",
        caller,
        status,
        told,
        state=state,
        by=by,
        heading=HEADINGS[by],
        views=views,
        view=view,
        changed=view is None or state.differs_from(view),
        may_share=may_share(caller),
        columns=[(column, WORDS[column.name]) for column in found],
        cards=cards,
        stages=COLUMNS,
        mine=mine or reach is Reach.OWN,
        both=caller.rep_id is not None and reach is not Reach.OWN,
        again="" if state == AS_IT_BEGINS else state.sealed(),
    )


def _by(state: ListState) -> By:
    return "levels" if state.shown_as == "levels" else "stages"


def _within(
    session: Session, caller: Actor, asked: LeadQuestion, reach: Reach
) -> frozenset[str] | None:
    """Whose leads: those within reach, of them one salesperson's where these are asked for."""
    within = reps_within(session, caller.rep_id, reach)
    if asked.owner is None or asked.owner == NOBODY:
        return within
    one = frozenset([find_rep(session, str(asked.owner)).id])
    return one if within is None else one & within


@router.post(BOARD)
def move(
    request: Request,
    caller: OnLead,
    lead: Annotated[str, Form(max_length=100)] = "",
    to: Annotated[Stage | None, Form()] = None,
    q: Annotated[str, Form(max_length=LONGEST)] = "",
) -> Response:
    """On to the page that says what moving it means, and from there back to this board."""
    if not lead.isidentifier() or to is None:
        answer = told_on(request, BOARD, Notice("Choose a lead, and where it is to be."))
        answer.headers["location"] = f"{board_of(q)}#{ANCHOR}"
        return answer
    return go_to(f"{LIST}/{lead}/move/{to}{asking(q)}")


def board_of(q: str) -> str:
    """The board as it was shown; empty: as it begins."""
    return BOARD + asking(q)


def asking(q: str) -> str:
    """What an address says behind its path, for a board that was asked for so."""
    return f"?q={quote(q, safe='')}" if q else ""


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
