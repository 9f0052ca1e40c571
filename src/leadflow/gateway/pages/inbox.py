"""What waits: for whoever is signed in, and for everybody; oldest first."""

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import select

from leadflow.accounts.tables import Person
from leadflow.approvals.kinds import kind_of
from leadflow.approvals.tables import Approval
from leadflow.database.engine import unit_of_work
from leadflow.gateway.pages.forms import OnPage, SeeingAll, go_to
from leadflow.gateway.pages.rendering import page
from leadflow.gateway.waiting import Waiting, everything, waits_for

router = APIRouter(include_in_schema=False)
NOTHING = "Nothing waits for you."


@router.get("/console")
def inbox(request: Request, caller: OnPage) -> Response:
    """What waits for whoever is signed in, and what they have asked for."""
    now = datetime.now(UTC)
    with unit_of_work() as session:
        person = session.get(Person, caller.id)
        items = [] if person is None else waits_for(session, person, now)
        shown = [_shown(item) for item in items]
        newest = (
            select(Approval)
            .where(Approval.requested_by == caller.id)
            .order_by(Approval.requested_at.desc())
            .limit(10)
        )
        asked = [
            {
                "what": f"{kind_of(one.kind).words} {one.subject_id}",
                "address": f"/console/approvals/{one.id}",
                "who": one.status,
                "since": one.requested_at,
            }
            for one in session.scalars(newest)
        ]
        return page(
            request,
            "inbox.html",
            caller,
            heading="Waits for you",
            items=shown,
            asked=asked,
            nothing=NOTHING,
        )


@router.get("/console/waiting")
def everybody(request: Request, caller: SeeingAll) -> Response:
    """Everything that waits for a person, whoever it is."""
    now = datetime.now(UTC)
    with unit_of_work() as session:
        shown = [_shown(item) | {"who": item.waits_for} for item in everything(session, now)]
    return page(
        request,
        "inbox.html",
        caller,
        heading="Everything that waits for a person",
        items=shown,
        asked=[],
        nothing="Nothing waits for anybody.",
    )


@router.get("/console/find")
def find(caller: OnPage, lead: str = "") -> Response:
    """To a lead by its id."""
    return go_to(f"/console/leads/{lead.strip()}" if lead.strip().isidentifier() else "/console")


def _shown(item: Waiting) -> dict[str, Any]:
    return {
        "what": item.what,
        "address": item.address,
        "asked_by": item.asked_by,
        "since": item.since,
        "due": item.due_at,
        "who": None,
    }
