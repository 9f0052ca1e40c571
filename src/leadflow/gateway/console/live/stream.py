"""The connection of a page that waits: server-sent events with the names of what has changed."""

from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from leadflow.accounts import signing_in
from leadflow.accounts.actors import Actor
from leadflow.database.engine import unit_of_work
from leadflow.gateway.console.forms import LeavingNow
from leadflow.gateway.console.live import topics
from leadflow.gateway.console.live.hub import Hub, TooManyWait, Waiting
from leadflow.gateway.http.problem import Problem
from leadflow.gateway.http.security import COOKIE

router = APIRouter(include_in_schema=False)
PATH = "/console/live"
# The browser comes again after so long.
AGAIN_MS = 5_000
Asked = Annotated[list[str], Query(min_length=1, max_length=topics.MOST, alias="topic")]


@router.get(PATH)
async def wait(request: Request, caller: LeavingNow, asked: Asked) -> Response:
    """Tell as each of these changes, and nothing of how: the page asks for that. Ends with the
    sign-in; 503 where too many pages wait."""
    watched = await to_thread.run_sync(_allowed, caller, asked)
    hub: Hub = request.app.state.live
    try:
        page = hub.join(request.cookies.get(COOKIE, ""), watched)
    except TooManyWait as error:
        raise Problem(
            503, "too-many-wait", "Too many pages wait", "Load the page again."
        ) from error
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_told(hub, page), 200, headers, "text/event-stream")


def new_hub() -> Hub:
    """Of a process, for as long as it runs."""
    return Hub(_look, _signed_in)


async def _told(hub: Hub, page: Waiting) -> AsyncIterator[str]:
    yield f"retry: {AGAIN_MS}\n\n"
    async for said in hub.changes(page):
        yield f"event: changed\ndata: {said}\n\n" if said else ": quiet\n\n"


def _allowed(caller: Actor, asked: Iterable[str]) -> dict[str, str]:
    with unit_of_work() as session:
        return topics.allowed(session, caller, asked)


def _look(wanted: Iterable[str]) -> dict[str, str]:
    with unit_of_work() as session:
        return topics.states(session, wanted, datetime.now(UTC))


def _signed_in(tokens: Iterable[str]) -> set[str]:
    now = datetime.now(UTC)
    with unit_of_work() as session:
        return {one for one in tokens if signing_in.signed_in(session, one, now) is not None}
