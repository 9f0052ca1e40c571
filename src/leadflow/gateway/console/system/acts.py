"""What leaves: acts that are uncertain, failed or wait; saying how one ended, trying one again."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request, Response
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.database.engine import unit_of_work
from leadflow.gateway.console.forms import go_to
from leadflow.gateway.console.notices import Notice
from leadflow.gateway.console.rendering import page
from leadflow.gateway.console.system.acting import sent
from leadflow.gateway.http.callers import ReadsOutbox, SettlesOutbox
from leadflow.outbox import settling
from leadflow.outbox.lanes import LANES
from leadflow.outbox.tables import STATES
from leadflow.paging.keyset import Wanted

router = APIRouter(include_in_schema=False)
PATH = "/console/system/acts"
AT_A_TIME = 50
FOR_A_PERSON = ("uncertain", "failed")
Filter = Annotated[str, Query(max_length=40)]
Cursor = Annotated[str | None, Query(max_length=2000)]
Why = Annotated[str, Form(min_length=1, max_length=2000)]
MEANS = {
    "done": "it happened",
    "nothing_done": "there was nothing to do",
    "failed": "it did not happen",
}


@router.get(PATH)
def show_all(
    request: Request,
    caller: ReadsOutbox,
    state: Filter = "",
    lane: Filter = "",
    cursor: Cursor = None,
) -> Response:
    """Those a person must look at, unless others are asked for; the newest first."""
    return _page(request, caller, state, lane, cursor)


@router.post(PATH + "/{act_id}")
def end_or_retry(
    request: Request,
    act_id: str,
    caller: SettlesOutbox,
    became: Annotated[Literal["done", "nothing_done", "failed", "again"], Form()],
    reason: Why,
) -> Response:
    """Say how it ended, or have it tried once more; why is kept in the audit log."""

    def change(session: Session, now: datetime) -> tuple[str, dict[str, Any]]:
        if became == "again":
            settling.retry(session, act_id, caller.id, reason, now)
            return "It is tried once more.", {}
        settling.settle(session, act_id, became, caller.id, reason, now)
        return f"Noted: {MEANS[became]}. It is not tried any more.", {}

    def again(status: int, told: Notice) -> Response:
        return _page(request, caller, status=status, told=told)

    return sent(request, PATH, again, change)


@router.get(PATH + "/{act_id}")
def back(act_id: str, caller: ReadsOutbox) -> Response:
    """Whoever loads the answer of the form again gets the page that the form is on."""
    return go_to(PATH)


def _page(
    request: Request,
    caller: Actor,
    state: str = "",
    lane: str = "",
    cursor: str | None = None,
    status: int = 200,
    told: Notice | None = None,
) -> Response:
    states = (state,) if state in STATES else FOR_A_PERSON
    with unit_of_work() as session:
        found = settling.find(session, states, lane or None, Wanted(AT_A_TIME, cursor))
    return page(
        request,
        "system/acts.html",
        caller,
        status,
        told,
        found=found,
        chosen={"state": state, "lane": lane},
        states=STATES,
        lanes=LANES,
        may_settle=caller.reach("outbox.settle") is not None,
    )
