"""Telling what many leads did."""

from typing import Annotated

from fastapi import APIRouter, Body, Response
from pydantic import BaseModel, Field

from leadflow.gateway.api.intake import IntakeOf
from leadflow.gateway.http.callers import TellsFacts
from leadflow.gateway.http.idempotency import Keyed, keyed, response_of, written
from leadflow.gateway.http.problems import refused_places
from leadflow.intake.events.batches import EventBatch, EventBatchTaken, EventByItself
from leadflow.intake.keyed_requests import Answer
from leadflow.intake.senders import Sender

MOST_EVENTS = 10_000
router = APIRouter(tags=["leads"], route_class=Keyed)
Events = Annotated[
    list[EventByItself],
    Field(min_length=1, max_length=MOST_EVENTS),
    Body(description=f"Up to {MOST_EVENTS:,} events, of any leads."),
]


class WrongField(BaseModel):
    """A field that is not valid, and why."""

    field: str
    problem: str


class RefusedEvent(BaseModel):
    """An event that was not taken, and what to do."""

    place: int = Field(description="In the list, from 0.")
    type: str = Field(description="The problem, as this event alone would be answered.")
    detail: str
    errors: list[WrongField] | None = Field(
        default=None, description="Of `invalid-input`: each field of it that is not valid."
    )


class EventBatchAnswer(BaseModel):
    """What became of the events of many leads."""

    new: int = Field(description="Stored now.")
    known: int = Field(description="Known before by their source and external_id.")
    leads: int = Field(description="How many leads they are of; each was scored anew.")
    refused: list[RefusedEvent] = Field(
        description="Those that were not taken; correct these and send them again."
    )


@router.post(
    "/events",
    response_model=EventBatchAnswer,
    status_code=201,
    summary="Tell what many leads did",
    responses={200: {"model": EventBatchAnswer, "description": "None was new"}},
)
async def take_event_batch(body: Events, intake: IntakeOf, caller: TellsFacts) -> Response:
    """Store events of any leads and score these anew. Each event stands for itself: one that cannot
    be taken, or has not the form of an event, is in `refused`, and the others are stored. 201 if
    any was new, else 200; 422 where none could be taken, with the reason of each, and where the
    body is no list of so many."""

    def answer(taken: EventBatchTaken) -> Answer:
        said = EventBatchAnswer(
            new=taken.new,
            known=taken.known,
            leads=taken.leads,
            refused=[RefusedEvent(**one) for one in refused_places(taken.refused)],
        )
        return written(said, 201 if taken.new else 200)

    sent = EventBatch(body, Sender(caller), keyed(caller, answer))
    return response_of(answer(await intake.event_batches.do(sent)))
