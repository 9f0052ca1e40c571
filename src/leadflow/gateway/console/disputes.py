"""Settling what two reviewers saw differently."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from leadflow.assignment.team.naming import names_of_people
from leadflow.database.engine import unit_of_work
from leadflow.gateway.console.forms import ManagingQuality
from leadflow.gateway.console.notices import Notice, told_on
from leadflow.gateway.console.rendering import page
from leadflow.paging.keyset import Wanted
from leadflow.quality import reviews
from leadflow.quality.errors import NotDisputed
from leadflow.quality.review_kinds import ReviewVerdict

router = APIRouter(include_in_schema=False)
PATH = "/console/quality/disputes/{item_id}"


@router.get(PATH)
def show(request: Request, item_id: str, caller: ManagingQuality) -> Response:
    """Both judgements, and what the machine decided."""
    with unit_of_work() as session:
        found = reviews.disputed(session, caller.id, datetime.now(UTC), Wanted(500)).items
        item = next((one for one in found if one.id == item_id), None)
        if item is None:
            raise NotDisputed(item_id, "settled already, or for somebody else to settle")
        names = names_of_people(session, [review.reviewer for review in item.reviews])
    return page(request, "dispute.html", caller, item=item, names=names)


@router.post(PATH)
def settle(
    request: Request,
    item_id: str,
    caller: ManagingQuality,
    verdict: Annotated[ReviewVerdict, Form()],
) -> Response:
    """Say who was right."""
    try:
        with unit_of_work() as session:
            reviews.settle(session, item_id, caller.id, verdict, datetime.now(UTC))
    except NotDisputed as error:
        return told_on(request, "/console", Notice(str(error)))
    return told_on(request, "/console", Notice("It is settled.", True))
