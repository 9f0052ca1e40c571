"""The first page, for each role its own; and everything that waits for anybody."""

from collections import Counter
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from features.how_many import how_many
from leadflow.accounts.actors import Actor
from leadflow.accounts.permissions import Reach
from leadflow.accounts.tables import Person
from leadflow.approvals.tables import Approval
from leadflow.assignment.tables import Rep
from leadflow.assignment.team.naming import names_of_leads
from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.review import to_do
from leadflow.gateway.console.campaigns import phrases
from leadflow.gateway.console.campaigns.morning import morning
from leadflow.gateway.console.forms import OnPage, SeeingAll
from leadflow.gateway.console.home.deciding import choices
from leadflow.gateway.console.home.looking_after import looked_after
from leadflow.gateway.console.home.managing import managing
from leadflow.gateway.console.home.selling import TABS, Selling, selling
from leadflow.gateway.console.home.waiting import named, rows
from leadflow.gateway.console.in_words import STATUSES, roles_in
from leadflow.gateway.console.rendering import page
from leadflow.paging import cursors

router = APIRouter(include_in_schema=False)
NOTHING = "Nothing waits for you."
ASKED = 10
# More of them than these are shown when asked for.
FIRST = 20
# What waits, in the order in which it is counted.
WORDS = {
    to_do.APPROVAL: "decision",
    "quality_review": "review",
    "quality_dispute": "disputed review",
    "offered_lead": "lead to take",
    to_do.TASK: "task",
}
Tab = Literal["due", "mine", "waiting", "closed"]


@router.get("/console")
def home(
    request: Request,
    caller: OnPage,
    tab: Tab = "due",
    after: Annotated[str | None, Query(max_length=cursors.LONGEST)] = None,
    everything: Annotated[bool, Query(alias="all")] = False,
) -> Response:
    """What waits for whoever is signed in, the most urgent first, and what they look after."""
    now = datetime.now(UTC)
    with unit_of_work() as session:
        person = session.get(Person, caller.id)
        items = [] if person is None else to_do.waits_for(session, person, now)
        own = _selling(session, caller, tab, after, now)
        first = items if everything else items[:FIRST]
        return page(
            request,
            "home/home.html",
            caller,
            heading="Waits for you",
            items=[
                row | choice
                for row, choice in zip(
                    rows(session, caller, first), choices(session, first), strict=True
                )
            ],
            more=len(items) - len(first),
            late=any(item.due_at is not None and item.due_at < now for item in items),
            selling=own,
            managing=managing(session, caller, now),
            tabs=TABS,
            waiting=len(items) + (own.counts.due if own else 0),
            made_up_of=_made_up_of(items, own.counts.due if own else 0),
            asked=_asked(session, caller),
            nothing=NOTHING,
            morning=morning(session, caller, now),
            phrases=phrases,
            **looked_after(session, caller, now),
        )


def _made_up_of(items: list[to_do.ToDo], due: int) -> str:
    """What the number of all that waits for the reader is made up of, where it is of several kinds;
    empty where it is of one."""
    counted = Counter(item.kind for item in items)
    said = [how_many(counted[kind], word) for kind, word in WORDS.items() if counted[kind]]
    said += [f"{how_many(due, 'lead')} of yours due today"] if due else []
    return ", ".join(said) if len(said) > 1 else ""


@router.get("/console/waiting")
def everybody(request: Request, caller: SeeingAll) -> Response:
    """Everything that waits for a person, whoever it is."""
    with unit_of_work() as session:
        items = to_do.everything(session, datetime.now(UTC)).items
        reps = dict(session.execute(select(Rep.external_id, Rep.name)).tuples().all())
        shown = [
            row | {"who": reps.get(item.waits_for) or roles_in(item.waits_for)}
            for row, item in zip(rows(session, caller, items), items, strict=True)
        ]
    return page(
        request,
        "home/everything.html",
        caller,
        heading="Everything that waits for a person",
        items=shown,
        nothing="Nothing waits for anybody.",
    )


def _selling(
    session: Session, caller: Actor, tab: str, after: str | None, now: datetime
) -> Selling | None:
    """The leads of a salesperson; None for others, and for who leads salespeople and has none."""
    rep = None if caller.rep_id is None else session.get(Rep, caller.rep_id)
    if rep is None or caller.reach("lead.work") is None:
        return None
    own = selling(session, rep, tab, after, now)
    return own if own.counts.mine or caller.reach("lead.work") is Reach.OWN else None


def _asked(session: Session, caller: Actor) -> list[dict[str, Any]]:
    """What the caller has asked others to decide, the newest first."""
    newest = (
        select(Approval)
        .where(Approval.requested_by == caller.id)
        .order_by(Approval.requested_at.desc())
        .limit(ASKED)
    )
    mine = session.scalars(newest).all()
    names = names_of_leads(session, caller, [one.lead_id for one in mine])
    return [
        {
            "what": named(one.asks, one.lead_id, names),
            "address": f"/console/approvals/{one.id}",
            "who": STATUSES[one.status],
            "since": one.requested_at,
        }
        for one in mine
    ]
