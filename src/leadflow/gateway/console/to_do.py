"""The to-do lists: of the signed-in person, and of everybody; the most urgent first."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.accounts.tables import Person
from leadflow.approvals.tables import Approval
from leadflow.assignment.tables import Rep
from leadflow.assignment.team.naming import names_of_leads, names_of_people
from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.review.to_do import ToDo, everything, waits_for
from leadflow.gateway.console.campaigns import phrases
from leadflow.gateway.console.campaigns.morning import morning
from leadflow.gateway.console.forms import OnPage, SeeingAll
from leadflow.gateway.console.rendering import page

router = APIRouter(include_in_schema=False)
NOTHING = "Nothing waits for you."


@router.get("/console")
def inbox(request: Request, caller: OnPage) -> Response:
    """What waits for whoever is signed in, and what they have asked for."""
    now = datetime.now(UTC)
    with unit_of_work() as session:
        person = session.get(Person, caller.id)
        items = [] if person is None else waits_for(session, person, now)
        shown = _shown(session, caller, items)
        newest = (
            select(Approval)
            .where(Approval.requested_by == caller.id)
            .order_by(Approval.requested_at.desc())
            .limit(10)
        )
        mine = session.scalars(newest).all()
        names = names_of_leads(session, caller, [one.lead_id for one in mine])
        asked = [
            {
                "what": _named(one.headline, one.lead_id, names),
                "address": f"/console/approvals/{one.id}",
                "who": one.status,
                "since": one.requested_at,
            }
            for one in mine
        ]
        return page(
            request,
            "inbox.html",
            caller,
            heading="Waits for you",
            items=shown,
            asked=asked,
            nothing=NOTHING,
            morning=morning(session, caller, now),
            phrases=phrases,
        )


@router.get("/console/waiting")
def everybody(request: Request, caller: SeeingAll) -> Response:
    """Everything that waits for a person, whoever it is."""
    with unit_of_work() as session:
        items = everything(session, datetime.now(UTC)).items
        reps = dict(session.execute(select(Rep.external_id, Rep.name)).tuples().all())
        shown = [
            row | {"who": reps.get(item.waits_for, item.waits_for)}
            for row, item in zip(_shown(session, caller, items), items, strict=True)
        ]
    return page(
        request,
        "inbox.html",
        caller,
        heading="Everything that waits for a person",
        items=shown,
        asked=[],
        nothing="Nothing waits for anybody.",
        morning=None,
    )


def _shown(session: Session, caller: Actor, items: Sequence[ToDo]) -> list[dict[str, Any]]:
    names = names_of_leads(session, caller, [item.lead_id for item in items])
    people = names_of_people(session, [item.asked_by for item in items])
    return [
        {
            "what": _named(item.asks or item.what, item.lead_id, names),
            "address": item.address,
            "asked_by": people.get(item.asked_by, item.asked_by),
            "since": item.since,
            "due": item.due_at,
            "who": None,
        }
        for item in items
    ]


def _named(what: str, lead_id: str | None, names: Mapping[str, str]) -> str:
    """The words with what the lead is called in place of its id."""
    return what.replace(lead_id, names[lead_id]) if lead_id and lead_id in names else what
