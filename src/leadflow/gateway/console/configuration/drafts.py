"""A draft: what it would change, how it stands, opening it again, and taking it back."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from leadflow.assignment.team.naming import names_of_people
from leadflow.configuration.kinds import KINDS
from leadflow.database.engine import unit_of_work
from leadflow.drafts.refusals import DraftDecided
from leadflow.drafts.showing import read_draft
from leadflow.drafts.withdrawing import withdraw
from leadflow.gateway.console.configuration.pages import LIST
from leadflow.gateway.console.configuration.texts import kind_at, may_change
from leadflow.gateway.console.forms import OnConfiguration, go_to
from leadflow.gateway.console.notices import Notice, told_on
from leadflow.gateway.console.rendering import page

router = APIRouter(include_in_schema=False)


@router.get(LIST + "/drafts/{draft_id}")
def show(request: Request, draft_id: str, caller: OnConfiguration) -> Response:
    """A draft, for whoever may read all that it changes."""
    with unit_of_work() as session:
        draft = read_draft(session, draft_id)
        people = names_of_people(
            session, [draft.written_by, *(one.written_by for one in draft.beside)]
        )
    for one in draft.altered:
        kind_at(one.kind, caller)
    changeable = {name for name, kind in KINDS.items() if may_change(caller, kind)}
    values: dict[str, Any] = {"draft": draft, "people": people, "changeable": changeable}
    return page(request, "configuration/draft.html", caller, **values)


@router.post(LIST + "/drafts/{draft_id}/withdraw")
def take_back(request: Request, draft_id: str, caller: OnConfiguration) -> Response:
    """Whoever wrote it withdraws it; where it was decided meanwhile, its page says so."""
    there = f"{LIST}/drafts/{draft_id}"
    try:
        with unit_of_work() as session:
            draft = read_draft(session, draft_id)
            withdraw(session, draft.approval_id, caller.id, datetime.now(UTC))
    except DraftDecided as error:
        return told_on(request, there, Notice(str(error)))
    said = Notice("It is withdrawn, and nobody is asked about it any more.", True)
    return told_on(request, there, said)


@router.get(LIST + "/drafts/{draft_id}/withdraw")
def back(draft_id: str, _caller: OnConfiguration) -> Response:
    """Whoever loads the answer of the form again gets the draft."""
    return go_to(f"{LIST}/drafts/{quote(draft_id)}")
