"""What a company has set up: as it counts now, or as it counted at a moment."""

from datetime import UTC, date, datetime, time
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from leadflow.configuration import service
from leadflow.configuration.kinds import KINDS
from leadflow.database.engine import unit_of_work
from leadflow.gateway.console.notices import Notice
from leadflow.gateway.console.rendering import page
from leadflow.gateway.http.callers import ReadsConfiguration

router = APIRouter(include_in_schema=False)
PATH = "/console/system/configuration"


@router.get(PATH)
def show(
    request: Request, caller: ReadsConfiguration, on: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """Every kind as its file says it, now or at the end of a day."""
    now = datetime.now(UTC)
    at, told = _end_of(on, now)
    with unit_of_work() as session:
        found = service.in_force(session, at, now)
    texts = {
        name: (len(KINDS[name].names(content)), KINDS[name].write(content))
        for name, content in found.items()
        if not KINDS[name].is_empty(content)
    }
    empty = sorted(KINDS.keys() - texts.keys())
    return page(
        request,
        "system/configuration.html",
        caller,
        422 if told else 200,
        told,
        texts=texts,
        empty=empty,
        on=on,
        at=at,
    )


def _end_of(on: str, now: datetime) -> tuple[datetime | None, Notice | None]:
    """The last moment of a day in UTC, None for now; what is wrong with the day."""
    if not on:
        return None, None
    try:
        end = datetime.combine(date.fromisoformat(on), time.max, UTC)
    except ValueError:
        return None, Notice("Write the day as year-month-day, such as 2026-11-30.")
    return (None if end >= now else end), None
