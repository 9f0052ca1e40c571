"""The ways by which messages go out: why nothing goes by one, and having it send again."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy.orm import Session

from leadflow.assignment.team.naming import names_of_people
from leadflow.campaigns.circuits import service as circuits
from leadflow.campaigns.circuits.words import why_nothing_goes
from leadflow.database.engine import unit_of_work
from leadflow.gateway.console.forms import OnCampaigns, SteeringCampaigns, go_to
from leadflow.gateway.console.notices import Notice, told_on

router = APIRouter(include_in_schema=False)
PATH = "/console/channels"


def resting(session: Session) -> Mapping[str, str]:
    """Of each channel that takes nothing just now, which reason there is, in a sentence."""
    found = {name: one for name, one in circuits.channels(session).items() if one.state != "closed"}
    names = names_of_people(session, [one.why for one in found.values()])
    return {name: why_nothing_goes(name, one, names) for name, one in found.items()}


@router.get(PATH)
def back(caller: OnCampaigns) -> Response:
    """Whoever loads the answer of a form again gets the page that the form is on."""
    return go_to("/console")


@router.post(PATH)
def resume(
    request: Request, caller: SteeringCampaigns, channel: Annotated[str, Form(max_length=200)]
) -> Response:
    """Have a channel send again."""
    try:
        with unit_of_work() as session:
            circuits.close(session, channel, caller.id, datetime.now(UTC))
    except (circuits.NoSuchChannel, circuits.ChannelNotSo) as error:
        return told_on(request, "/console", Notice(str(error), at="channels"))
    return told_on(request, "/console", Notice(f"{channel} is sending again.", True, "channels"))
