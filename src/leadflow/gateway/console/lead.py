"""The page of a lead: how good it is and why, what now, what happened; setting its score."""

import re
from datetime import UTC, datetime
from math import nan
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request, Response
from pydantic import ValidationError

from leadflow.accounts.actors import Actor
from leadflow.database.engine import unit_of_work
from leadflow.gateway.console.campaigns import phrases
from leadflow.gateway.console.forms import OnLead, Overriding, go_to
from leadflow.gateway.console.notices import Notice, told_on
from leadflow.gateway.console.one_lead.views import how_good, what_is_kept, who_has_it
from leadflow.gateway.console.rendering import page, words
from leadflow.intake.overrides import OverrideAsked
from leadflow.intake.senders import Sender
from leadflow.intake.standings import standing_of
from leadflow.leads.service import LeadMerged
from leadflow.scoring.overrides.schemas import OverrideIn
from leadflow.settings import get_settings

router = APIRouter(include_in_schema=False)
PATH = "/console/leads/{lead_id}"
NUMBER = re.compile(r"[0-9]{1,3}([.][0-9]{1,6})?")
WAITS = "It waits until somebody who may has agreed. You see it among what you asked."


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
    now, scorer = datetime.now(UTC), request.app.state.serving.if_loaded()
    with unit_of_work() as session:
        standing = standing_of(session, lead_id, now)
        values = {
            **how_good(session, scorer, standing, now),
            **who_has_it(session, caller, lead_id, now),
            **what_is_kept(session, caller, standing.lead, now),
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
