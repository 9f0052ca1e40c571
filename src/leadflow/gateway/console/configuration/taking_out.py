"""Taking something out of what is set up: what that means is said before it is done."""

from datetime import UTC, datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response

from leadflow.assignment.team.edits import TerritoryInUse
from leadflow.configuration.kinds import ConfigurationKind
from leadflow.configuration.one_text import text_of
from leadflow.configuration.service import apply, take_turns
from leadflow.database.engine import unit_of_work
from leadflow.drafts.refusals import NobodyToDecide
from leadflow.drafts.service import submit as submit_change
from leadflow.gateway.api.submitting import author
from leadflow.gateway.console.configuration.editing import WAITS
from leadflow.gateway.console.configuration.pages import LIST, PATH, editor, kind_values
from leadflow.gateway.console.configuration.texts import kind_at
from leadflow.gateway.console.forms import OnConfiguration
from leadflow.gateway.console.notices import Notice, told_on
from leadflow.gateway.console.rendering import page
from leadflow.gateway.http.problem import TITLES, Problem
from leadflow.gateway.http.versions import version_of
from leadflow.rules.segments.service import SegmentInUse

router = APIRouter(include_in_schema=False)
AFTER = {
    "segments": "No lead is in it any more. What it said stays in its history.",
    "territories": "Its leads go by the territory around it, or by none, from now on.",
    "sources": "Nothing is taken from it any more, and its secrets end, for good: whoever sends to "
    "it is refused.",
}
CHANGED = "It has changed since the page was shown. Look at it, and ask again."


@router.get(PATH + "/take-out")
def ask(
    request: Request,
    kind: str,
    caller: OnConfiguration,
    name: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Say what becomes of it, and ask whether it is meant."""
    found = _kind(kind, caller)
    with unit_of_work() as session:
        text = text_of(found, found.in_force(session, None), name)
    if not text:
        raise Problem(404, *TITLES[404], f"There is no {name!r}.")
    values = kind_values(found) | {"name": name, "as_shown": version_of(text)}
    after = AFTER.get(found.name, "It counts no longer.")
    return page(request, "configuration/take_out.html", caller, after=after, **values)


@router.post(PATH + "/take-out")
def take_out(
    request: Request,
    kind: str,
    caller: OnConfiguration,
    name: Annotated[str, Form(max_length=200)] = "",
    as_shown: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """Take it out, as long as it is as it was shown and nothing names it."""
    found, now = _kind(kind, caller), datetime.now(UTC)
    try:
        with unit_of_work() as session:
            take_turns(session)
            if version_of(text_of(found, found.in_force(session, None), name)) != as_shown:
                return editor(request, kind, caller, name, None, 409, Notice(CHANGED))
            by = author(caller)
            do = partial(apply, session, {}, by, now, {found.name: [name]})
            done = submit_change(session, [found.name], do, by, now)
            asked = None if done.approval is None else done.approval.subject_id
            waits = WAITS.format(done.waits_for)
    except (SegmentInUse, TerritoryInUse, NobodyToDecide) as error:
        return editor(request, kind, caller, name, None, 409, Notice(str(error)))
    if asked is not None:
        return told_on(request, f"{LIST}/drafts/{asked}", Notice(waits, True))
    return told_on(request, f"{LIST}/{kind}", Notice(f"{name} is taken out.", True))


def _kind(address: str, caller: OnConfiguration) -> ConfigurationKind:
    found = kind_at(address, caller)
    if found.take_out is None:
        raise Problem(404, *TITLES[404], "Of this, some version always counts.")
    author(caller).must_have(found.permission)
    return found
