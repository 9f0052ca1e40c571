"""Saving the list of leads as it is shown as a view, keeping a change of one, deleting one."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.assignment.team.store import RepNotFound
from leadflow.database.engine import unit_of_work
from leadflow.gateway.console.forms import OnLead, go_to
from leadflow.gateway.console.leads.board import board_page
from leadflow.gateway.console.leads.pages import in_plain_words, list_page, state_of
from leadflow.gateway.console.leads.sealed import SealBroken
from leadflow.gateway.console.leads.state import LIST, ListState, page_of
from leadflow.gateway.console.notices import ANCHOR, Notice, told_on
from leadflow.saved_views import service
from leadflow.saved_views.service import Shared, ViewChanged, ViewIn, ViewNotFound, ViewRefused
from leadflow.search.question import SearchInvalid

router = APIRouter(include_in_schema=False)
ADDRESS = f"{LIST}/views"
CANNOT = (ViewNotFound, ViewChanged, ViewRefused, SearchInvalid, RepNotFound)


class SavingForm(BaseModel):
    """``q``: the list as it is shown; ``view`` and ``revision``: of the one that is kept or
    deleted, as it was shown."""

    q: str = ""
    act: Literal["save", "keep", "delete"] = "save"
    called: Annotated[str, Field(max_length=200)] = ""
    shared: Shared = "nobody"
    view: Annotated[str, Field(max_length=100)] = ""
    revision: int = 0


@router.get(ADDRESS)
def back(caller: OnLead) -> Response:
    """Whoever loads the answer of the form again gets the list."""
    return go_to(LIST)


@router.post(ADDRESS)
def save(request: Request, caller: OnLead, form: Annotated[SavingForm, Form()]) -> Response:
    """On to the view, or to the list where it is deleted; or the list as it was with what is wrong
    and what was typed."""
    try:
        state = state_of(caller, form.q)
    except SealBroken as broken:
        return list_page(request, caller, state_of(caller), 422, Notice(str(broken)))
    try:
        with unit_of_work() as session:
            words, view_id = _done(session, form, state, caller, datetime.now(UTC))
    except CANNOT as error:
        typed = form.model_dump(include={"called", "shared"})
        told = Notice(in_plain_words(error), at="views", typed=typed)
        status = 409 if isinstance(error, ViewNotFound | ViewChanged) else 422
        shown = list_page if state.shown_as == "list" else board_page
        return shown(request, caller, state, status, told)
    address = page_of(state.shown_as) if view_id else LIST
    answer = told_on(request, address, Notice(words, True))
    if view_id:
        answer.headers["location"] = f"{address}?view={view_id}#{ANCHOR}"
    return answer


def _done(
    session: Session, form: SavingForm, state: ListState, caller: Actor, now: datetime
) -> tuple[str, str]:
    """What came of it, and which view is shown then; empty: the one that comes first."""
    if form.act == "delete":
        gone = service.remove(session, form.view, form.revision, caller)
        return f"The view “{gone}” is deleted.", ""
    name, shared = " ".join(form.called.split()), form.shared
    said = ViewIn(name, state.question, state.columns, shared, state.shown_as)
    if form.act == "keep":
        view = service.change(session, form.view, form.revision, said, caller, now)
        return f"The view “{view.name}” shows this from now on.", view.id
    view = service.save(session, said, caller, now)
    return f"Saved as “{view.name}”.", view.id
