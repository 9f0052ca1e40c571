"""A draft: what it would change, how it stands, and opening it again."""

from typing import Any

from fastapi import APIRouter, Request, Response

from leadflow.assignment.team.naming import names_of_people
from leadflow.configuration.kinds import KINDS
from leadflow.database.engine import unit_of_work
from leadflow.drafts.showing import read_draft
from leadflow.gateway.console.configuration.pages import LIST
from leadflow.gateway.console.configuration.texts import kind_at, may_change
from leadflow.gateway.console.forms import OnConfiguration
from leadflow.gateway.console.rendering import page

router = APIRouter(include_in_schema=False)


@router.get(LIST + "/drafts/{draft_id}")
def show(request: Request, draft_id: str, caller: OnConfiguration) -> Response:
    """A draft, for whoever may read all that it changes."""
    with unit_of_work() as session:
        draft = read_draft(session, draft_id)
        people = names_of_people(session, [draft.written_by])
    for one in draft.altered:
        kind_at(one.kind, caller)
    changeable = {name for name, kind in KINDS.items() if may_change(caller, kind)}
    values: dict[str, Any] = {"draft": draft, "people": people, "changeable": changeable}
    return page(request, "configuration/draft.html", caller, **values)
