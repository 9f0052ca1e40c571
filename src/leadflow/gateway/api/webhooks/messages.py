"""Messages to endpoints over the API: what was sent, every attempt, sending again."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from leadflow.database.engine import unit_of_work
from leadflow.database.ids import new_id
from leadflow.endpoints import messages
from leadflow.exact import Moment
from leadflow.gateway.http.callers import ReadsEndpoints, WritesEndpoints
from leadflow.gateway.http.idempotency import Keyed

router = APIRouter(prefix="/webhook-endpoints/{name}", tags=["webhooks"], route_class=Keyed)
Name = Annotated[str, Path(max_length=63)]
MessageId = Annotated[str, Path(max_length=80)]
Status = Literal["waiting", "delivered", "failed"]


class MessageOut(BaseModel):
    """A message to an endpoint. What is personal in it is read when it is sent, and not here."""

    model_config = ConfigDict(from_attributes=True)

    id: str = Field(description="The header webhook-id, the same in each attempt.")
    type: str
    lead_id: str | None
    facts: dict[str, Any]
    status: Status = Field(description="failed: it was given up; replay it.")
    attempts: int
    created_at: datetime
    due_at: datetime = Field(description="Of one that waits: when it is tried next.")
    ended_at: datetime | None


class MessagesOut(BaseModel):
    """A page of messages; ``next``: what ``before`` must be for the page that follows."""

    messages: list[MessageOut]
    next: int | None


class AttemptOut(BaseModel):
    """One attempt to send a message. Neither answered nor an error: it was cut off."""

    model_config = ConfigDict(from_attributes=True)

    begun_at: datetime
    milliseconds: int | None
    answered: int | None = Field(description="The HTTP status.")
    error: str | None


class MessageWhole(MessageOut):
    """A message with every attempt to send it."""

    tried: list[AttemptOut]


class ReplayIn(BaseModel):
    """What is sent again: one message, or all that were written since a moment."""

    model_config = ConfigDict(extra="forbid")

    message: Annotated[str, Field(max_length=80)] | None = None
    since: Moment | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.message is None) == (self.since is None):
            raise ValueError("Say either message or since.")
        return self


class ReplayedOut(BaseModel):
    """How many messages are sent again."""

    messages: int


class PingOut(BaseModel):
    """The message that tells an endpoint that it is one."""

    message: str


@router.get("/messages", response_model=MessagesOut, summary="What was an endpoint told?")
def read_messages(
    name: Name,
    caller: ReadsEndpoints,
    status: Status | None = None,
    before: Annotated[
        int | None, Query(ge=1, le=2**63 - 1, description="`next` of a page.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> MessagesOut:
    """The newest first."""
    with unit_of_work() as session:
        found = messages.messages(session, name, status, before, limit)
    more = found[-1].number if len(found) == limit else None
    return MessagesOut(messages=[MessageOut.model_validate(one) for one in found], next=more)


@router.get("/messages/{message}", response_model=MessageWhole, summary="Read a message")
def read_message(name: Name, message: MessageId, caller: ReadsEndpoints) -> MessageWhole:
    """With every attempt to send it."""
    with unit_of_work() as session:
        found, tried = messages.read_message(session, name, message)
    attempts = [AttemptOut.model_validate(one) for one in tried]
    return MessageWhole(**dict(MessageOut.model_validate(found)), tried=attempts)


@router.post("/replay", response_model=ReplayedOut, summary="Send messages again")
def replay(name: Name, body: ReplayIn, caller: WritesEndpoints) -> ReplayedOut:
    """Under their ids, whatever became of them."""
    now = datetime.now(UTC)
    with unit_of_work() as session:
        if body.since is not None:
            count = messages.replay_since(session, name, body.since, caller.id, now)
            return ReplayedOut(messages=count)
        messages.replay(session, name, body.message or "", caller.id, now)
    return ReplayedOut(messages=1)


@router.post("/ping", response_model=PingOut, status_code=202, summary="Try an endpoint out")
def ping(name: Name, caller: WritesEndpoints) -> PingOut:
    """Have it told that it is an endpoint; look at the message for what it answered."""
    with unit_of_work() as session:
        return PingOut(message=messages.ping(session, name, new_id("ping")))
