"""The outbox over the API: acts that wait, are uncertain, or found nobody to tell."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from leadflow.database.engine import unit_of_work
from leadflow.gateway.http.callers import ReadsOutbox, SettlesOutbox
from leadflow.gateway.http.idempotency import Keyed
from leadflow.gateway.http.pages import Paged, PageOut
from leadflow.outbox import settling
from leadflow.outbox.settling import SettleAs
from leadflow.outbox.tables import OutboxRow
from leadflow.scoring.overrides.schemas import Words

router = APIRouter(prefix="/outbox", tags=["operation"], route_class=Keyed)
State = Literal["waiting", "claimed", "done", "nothing_done", "uncertain", "failed"]
ActId = Annotated[str, Path(max_length=80)]


class ActOut(BaseModel):
    """One act. ``why``: why nothing was done. ``payload`` holds ids and figures."""

    id: str
    lane: str
    act: str
    key: str
    payload: dict[str, Any]
    status: State
    attempts: int
    available_at: datetime = Field(description="It is not performed before.")
    created_at: datetime
    ended_at: datetime | None
    why: str | None
    error: str | None
    settled_by: str | None

    @classmethod
    def of(cls, row: OutboxRow) -> Self:
        """From the stored row."""
        return cls.model_validate(row, from_attributes=True)


class ActSettleIn(BaseModel):
    """How an act ended, and how one knows."""

    model_config = ConfigDict(extra="forbid")

    status: SettleAs
    reason: Words


class ActRetryIn(BaseModel):
    """Why it is performed once more."""

    model_config = ConfigDict(extra="forbid")

    reason: Words


@router.get("", response_model=PageOut[ActOut], summary="What leaves, and what became of it?")
def read_outbox(
    caller: ReadsOutbox,
    paged: Paged,
    state: Annotated[list[State] | None, Query(description="Any of these; else all.")] = None,
    lane: str | None = None,
) -> PageOut[ActOut]:
    """The newest first. Look at `uncertain` (nobody knows whether it happened), `failed` and
    `nothing_done` (nobody could be told, say)."""
    with unit_of_work() as session:
        found = settling.find(session, state or (), lane, paged)
        return PageOut.of(found.of(ActOut.of))


@router.post("/{act_id}/settle", response_model=ActOut, summary="Say how an act ended")
def settle_act(act_id: ActId, body: ActSettleIn, caller: SettlesOutbox) -> ActOut:
    """For one that is uncertain, has failed or waits; 409 `act-elsewhere` for others."""
    with unit_of_work() as session:
        now = datetime.now(UTC)
        row = settling.settle(session, act_id, body.status, caller.id, body.reason, now)
        return ActOut.of(row)


@router.post("/{act_id}/retry", response_model=ActOut, summary="Have an act performed once more")
def retry(act_id: ActId, body: ActRetryIn, caller: SettlesOutbox) -> ActOut:
    """For one that is uncertain, has failed or did nothing; 409 `act-elsewhere` for others. Of an
    uncertain one, make sure before that it did not happen."""
    with unit_of_work() as session:
        return ActOut.of(settling.retry(session, act_id, caller.id, body.reason, datetime.now(UTC)))
