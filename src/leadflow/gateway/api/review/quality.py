"""Quality control over the API: judging blind, settling, what is done about it, the report."""

from datetime import UTC, datetime

from fastapi import APIRouter
from sqlalchemy.orm import Session

from leadflow.database.engine import unit_of_work
from leadflow.gateway.http.callers import ManagesQuality, Reviews
from leadflow.gateway.http.idempotency import Keyed
from leadflow.gateway.http.pages import Paged, PageOut
from leadflow.paging.keyset import FIRST, Wanted
from leadflow.quality import actions, flags, reviews
from leadflow.quality.schemas import (
    ActionIn,
    ActionOut,
    DisputeOut,
    FlagIn,
    FlagOut,
    ItemOut,
    JudgementIn,
    RevealedOut,
    SettleIn,
)

router = APIRouter(tags=["quality"], route_class=Keyed)


@router.get("/quality/reviews", response_model=PageOut[ItemOut], summary="What do I judge?")
def list_reviews(caller: Reviews, paged: Paged) -> PageOut[ItemOut]:
    """Decisions that wait for your judgement, oldest first, without what the machine decided."""
    with unit_of_work() as session:
        return PageOut.of(reviews.waiting_for(session, caller.id, datetime.now(UTC), paged))


@router.get("/quality/reviews/{item_id}", response_model=ItemOut, summary="One to judge")
def read_review(item_id: str, caller: Reviews) -> ItemOut:
    """The facts as they were at the decision."""
    with unit_of_work() as session:
        return reviews.waiting_one(session, item_id, caller.id, datetime.now(UTC))


@router.post("/quality/reviews/{item_id}", response_model=RevealedOut, summary="Judge")
def judge(item_id: str, body: JudgementIn, caller: Reviews) -> RevealedOut:
    """Say what you make of it; the answer says what the machine had decided."""
    with unit_of_work() as session:
        now = datetime.now(UTC)
        return reviews.judge(session, item_id, caller.id, body.judgement, body.comment, now)


@router.get(
    "/quality/disputes", response_model=PageOut[DisputeOut], summary="What two saw differently"
)
def list_disputes(caller: ManagesQuality, paged: Paged) -> PageOut[DisputeOut]:
    """For a third person to settle."""
    with unit_of_work() as session:
        return PageOut.of(reviews.disputed(session, caller.id, datetime.now(UTC), paged))


@router.post("/quality/disputes/{item_id}", status_code=204, summary="Settle")
def settle_dispute(item_id: str, body: SettleIn, caller: ManagesQuality) -> None:
    """Say whether the machine was right."""
    with unit_of_work() as session:
        reviews.settle(session, item_id, caller.id, body.verdict, datetime.now(UTC))


@router.get("/quality/actions", response_model=PageOut[ActionOut], summary="What is done about it?")
def list_actions(caller: ManagesQuality, paged: Paged) -> PageOut[ActionOut]:
    """Corrective actions that are open, the most urgent first."""
    with unit_of_work() as session:
        return _open(session, paged)


@router.post(
    "/quality/actions", response_model=PageOut[ActionOut], status_code=201, summary="Have it done"
)
def add_action(body: ActionIn, caller: ManagesQuality) -> PageOut[ActionOut]:
    """Open a corrective action; the first page of those that are open."""
    with unit_of_work() as session:
        actions.open_action(session, body, caller.id, datetime.now(UTC))
        session.flush()
        return _open(session)


@router.post(
    "/quality/actions/{action_id}/close", response_model=PageOut[ActionOut], summary="It is done"
)
def close(action_id: str, caller: ManagesQuality) -> PageOut[ActionOut]:
    """Close a corrective action; the first page of those that are open still."""
    with unit_of_work() as session:
        actions.close_action(session, action_id, caller.id, datetime.now(UTC))
        session.flush()
        return _open(session)


@router.put(
    "/leads/{lead_id}/training-flag", response_model=FlagOut, summary="Do not learn from it"
)
def set_flag(lead_id: str, body: FlagIn, caller: ManagesQuality) -> FlagOut:
    """No model learns from this lead any more."""
    with unit_of_work() as session:
        now = datetime.now(UTC)
        return FlagOut.of(flags.flag(session, lead_id, body.why, caller.id, now, body.item_id))


@router.delete("/leads/{lead_id}/training-flag", status_code=204, summary="Learn from it again")
def lift_flag(lead_id: str, caller: ManagesQuality) -> None:
    """Lift the flag."""
    with unit_of_work() as session:
        flags.unflag(session, lead_id, caller.id, datetime.now(UTC))


def _open(session: Session, wanted: Wanted = FIRST) -> PageOut[ActionOut]:
    return PageOut.of(actions.page_of_actions(session, wanted).of(ActionOut.of))
