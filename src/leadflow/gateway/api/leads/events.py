"""Telling what leads did."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Response
from pydantic import BeforeValidator, Field

from leadflow.gateway.api.intake import IntakeOf
from leadflow.gateway.api.leads.lead_answers import next_step_for, score_for
from leadflow.gateway.api.leads.schemas import EventsAnswer
from leadflow.gateway.http.callers import TellsFacts
from leadflow.gateway.http.idempotency import Keyed, keyed, response_of, written
from leadflow.intake.events.of_lead import EventsTaken, EventsTold
from leadflow.intake.keyed_requests import Answer
from leadflow.intake.senders import Sender
from leadflow.leads.events.recording import EventIn

MOST_EVENTS = 1000
router = APIRouter(tags=["leads"], route_class=Keyed)


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


Events = Annotated[
    list[EventIn],
    Field(min_length=1, max_length=MOST_EVENTS),
    BeforeValidator(_as_list, json_schema_input_type=EventIn | list[EventIn]),
    Body(description=f"One event, or a list of up to {MOST_EVENTS:,}."),
]


@router.post(
    "/leads/{lead_id}/events",
    response_model=EventsAnswer,
    status_code=201,
    summary="Tell what a lead did",
    responses={200: {"model": EventsAnswer, "description": "All of them were known"}},
)
async def take_events(lead_id: str, body: Events, intake: IntakeOf, caller: TellsFacts) -> Response:
    """Store one event or a list, all or none, and score the lead anew: 201 if any was new, else
    200. An event sent again with its source and external_id is stored once."""

    def answer(taken: EventsTaken) -> Answer:
        said = EventsAnswer(
            lead_id=lead_id,
            new=taken.new,
            known=taken.known,
            score=score_for(caller, taken.standing),
            next_step=next_step_for(caller, taken.standing),
        )
        return written(said, 201 if taken.new else 200)

    told = EventsTold(lead_id, body, Sender(caller), keyed(caller, answer))
    return response_of(answer(await intake.events.do(told)))
