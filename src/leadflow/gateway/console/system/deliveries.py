"""What sources deliver: what cannot be taken in and why, taken in again or let go."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request, Response
from sqlalchemy.orm import Session

from features.how_many import how_many
from leadflow.accounts.actors import Actor
from leadflow.database.engine import unit_of_work
from leadflow.gateway.console.forms import go_to
from leadflow.gateway.console.notices import Notice
from leadflow.gateway.console.rendering import page
from leadflow.gateway.console.system.acting import sent
from leadflow.gateway.http.callers import ReadsSources, WritesSources
from leadflow.paging.keyset import Wanted
from leadflow.sources import inbox, service
from leadflow.sources.journals.showing import journals

router = APIRouter(include_in_schema=False)
PATH = "/console/system/deliveries"
AT_A_TIME = 50
ALL = "all"
Filter = Annotated[str, Query(max_length=80)]
Cursor = Annotated[str | None, Query(max_length=2000)]


@router.get(PATH)
def show_all(
    request: Request,
    caller: ReadsSources,
    status: Filter = "dead",
    source: Filter = "",
    cursor: Cursor = None,
) -> Response:
    """Those that cannot be taken in, unless others are asked for; then every source."""
    return _page(request, caller, status, source, cursor)


@router.post(PATH)
def take_in_all(request: Request, caller: WritesSources) -> Response:
    """Take in again all that are dead, by their sources as they are now."""

    def change(session: Session, now: datetime) -> tuple[str, dict[str, Any]]:
        count = inbox.retry(session, None, None, caller.id, now)
        return f"{how_many(count, 'delivery')} will be taken in again within a minute.", {}

    return sent(request, PATH, lambda status, told: _again(request, caller, status, told), change)


@router.post(PATH + "/{delivery}")
def take_in_or_let_go(
    request: Request,
    delivery: str,
    caller: WritesSources,
    act: Annotated[Literal["retry", "discard"], Form()],
) -> Response:
    """One of them: take it in again, or let it go."""

    def change(session: Session, now: datetime) -> tuple[str, dict[str, Any]]:
        if act == "retry":
            inbox.retry(session, [delivery], None, caller.id, now)
            return "It will be taken in again within a minute.", {}
        inbox.discard(session, delivery, caller.id, now)
        return "It is let go. It is kept, and can still be taken in.", {}

    return sent(request, PATH, lambda status, told: _again(request, caller, status, told), change)


@router.get(PATH + "/{delivery}")
def back(delivery: str, caller: ReadsSources) -> Response:
    """Whoever loads the answer of a form again gets the page that the form is on."""
    return go_to(PATH)


def _again(request: Request, caller: Actor, status: int, told: Notice) -> Response:
    return _page(request, caller, "dead", "", None, status, told)


def _page(
    request: Request,
    caller: Actor,
    status: str,
    source: str,
    cursor: str | None,
    code: int = 200,
    told: Notice | None = None,
) -> Response:
    chosen = status if status in inbox.STATUSES else None
    now = datetime.now(UTC)
    with unit_of_work() as session:
        found = inbox.deliveries(session, chosen, source or None, Wanted(AT_A_TIME, cursor))
        sources = service.sources_now(session)
        secrets = service.live_secrets_of_all(session, now)
        read = journals(session)
    return page(
        request,
        "system/deliveries.html",
        caller,
        code,
        told,
        found=found,
        chosen={"status": chosen or ALL, "source": source},
        statuses=inbox.STATUSES,
        sources=sources,
        secrets={name: len(those) for name, those in secrets.items()},
        journals=read,
        may_write=caller.reach("source.write") is not None,
    )
