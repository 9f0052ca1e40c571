"""Reviewing decisions of the machine without seeing what it decided, one after the other."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response

from leadflow.accounts.actors import Actor
from leadflow.database.engine import unit_of_work
from leadflow.gateway.console.forms import Reviewing
from leadflow.gateway.console.notices import Notice, notice_of, told_on
from leadflow.gateway.console.rendering import page
from leadflow.quality import reviews
from leadflow.quality.errors import AlreadyReviewed, NotYourItem, QualityItemNotFound
from leadflow.quality.review_kinds import JudgementInvalid
from leadflow.quality.schemas import ItemOut

router = APIRouter(include_in_schema=False)
PATH = "/console/quality"


@router.get(PATH)
def next_one(request: Request, caller: Reviewing) -> Response:
    """The oldest decision that waits for this reviewer."""
    return _page(request, caller)


@router.get(PATH + "/{item_id}")
def one(request: Request, item_id: str, caller: Reviewing) -> Response:
    """One decision that waits for this reviewer."""
    now = datetime.now(UTC)
    try:
        with unit_of_work() as session:
            item = reviews.waiting_one(session, item_id, caller.id, now)
    except (QualityItemNotFound, AlreadyReviewed, NotYourItem) as error:
        return _page(request, caller, 409, told=Notice(str(error)))
    return _page(request, caller, item=item)


@router.post(PATH + "/{item_id}")
def judge(
    request: Request,
    item_id: str,
    caller: Reviewing,
    level: Annotated[str | None, Form()] = None,
    right: Annotated[list[str] | None, Form()] = None,
    pool: Annotated[str | None, Form()] = None,
    comment: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Take the judgement; then what the machine had decided is shown, and the next one."""
    said = {"level": level} if level is not None else {"right": right or [], "pool": pool}
    now = datetime.now(UTC)
    try:
        with unit_of_work() as session:
            reviews.judge(session, item_id, caller.id, said, comment, now)
    except JudgementInvalid as error:
        with unit_of_work() as session:
            item = reviews.waiting_one(session, item_id, caller.id, now)
        told = Notice(str(error), at="judge", typed=said | {"comment": comment})
        return _page(request, caller, 422, item, told)
    except (QualityItemNotFound, AlreadyReviewed, NotYourItem) as error:
        return _page(request, caller, 409, told=Notice(str(error)))
    kept = Notice("Your judgement is kept.", True, more={"judged": item_id})
    return told_on(request, PATH, kept)


def _page(
    request: Request,
    caller: Actor,
    status: int = 200,
    item: ItemOut | None = None,
    told: Notice | None = None,
) -> Response:
    judged = (told or notice_of(request)).more.get("judged")
    with unit_of_work() as session:
        revealed = judged and reviews.revealed(session, judged, caller.id)
        waiting = reviews.waiting_for(session, caller.id, datetime.now(UTC)).items
    chosen = item or (waiting[0] if waiting else None)
    return page(
        request,
        "quality.html",
        caller,
        status,
        told,
        item=chosen,
        left=len(waiting),
        shown=[] if chosen is None else grouped(chosen.shown),
        choices=[] if chosen is None else choices(chosen.shown),
        revealed=revealed,
    )


def grouped(shown: dict[str, Any]) -> list[tuple[str, list[tuple[str, Any]]]]:
    """The facts under headings: each mapping is one, what stands alone comes first."""
    alone = [(name, value) for name, value in shown.items() if not isinstance(value, dict | list)]
    found = [("What is known", alone)] if alone else []
    return found + [
        (name, sorted(value.items()))
        for name, value in shown.items()
        if isinstance(value, dict) and value
    ]


def choices(shown: dict[str, Any]) -> list[dict[str, str]]:
    """The salespeople to choose from, each in words."""
    return [
        {
            "rep_id": str(rep["rep_id"]),
            "words": "; ".join(
                f"{name.replace('_', ' ')} {_plain(value)}" for name, value in rep.items() if value
            ),
        }
        for rep in shown.get("candidates", [])
    ]


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {one}" for name, one in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
