"""Is anything stuck, and what waits?"""

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.analytics import stuck
from leadflow.analytics.stuck import Stuck
from leadflow.database.engine import unit_of_work
from leadflow.gateway.console.rendering import page
from leadflow.gateway.http.callers import ReadsSources
from leadflow.outbox.lanes import LANES

router = APIRouter(include_in_schema=False)
PATH = "/console/system"
# Each kind: one of it, several, where to go on, and what it takes to see it.
KINDS = {
    "no_background": (
        "The background process does not run: nothing leaves, and scores grow old",
        "",
        PATH + "/flows",
        "outbox.read",
    ),
    "failing_loops": (
        "part of the background process fails again and again",
        "parts of the background process fail again and again",
        PATH + "/flows",
        "outbox.read",
    ),
    "uncertain_acts": (
        "act of which nobody knows whether it happened",
        "acts of which nobody knows whether they happened",
        PATH + "/acts",
        "outbox.read",
    ),
    "failed_acts": (
        "act that was tried to the end and failed",
        "acts that were tried to the end and failed",
        PATH + "/acts",
        "outbox.read",
    ),
    "messages_uncertain": (
        "message of a campaign of which nobody knows whether it arrived",
        "messages of campaigns of which nobody knows whether they arrived",
        "/console/messages?state=uncertain",
        "campaign.read",
    ),
    "dead_deliveries": (
        "delivery that cannot be taken in as it is",
        "deliveries that cannot be taken in as they are",
        PATH + "/deliveries",
        "source.read",
    ),
    "silent_endpoints": (
        "program that is not told anything any more, because it stopped answering",
        "programs that are not told anything any more, because they stopped answering",
        PATH + "/endpoints",
        "endpoint.read",
    ),
    "unread_journals": (
        "source whose journal cannot be read",
        "sources whose journals cannot be read",
        PATH + "/deliveries",
        "source.read",
    ),
}


def seen(session: Session, caller: Actor, now: datetime) -> list[Stuck]:
    """What is stuck, of the kinds that the caller may see."""
    found = stuck.stuck(session, now)
    return [one for one in found if caller.reach(KINDS[one.kind][3]) is not None]


@router.get(PATH)
def show(request: Request, caller: ReadsSources) -> Response:
    """What needs a person, then what waits by itself."""
    now = datetime.now(UTC)
    operates = caller.reach("outbox.read") is not None
    with unit_of_work() as session:
        found = seen(session, caller, now)
        waiting = stuck.waiting(session, now) if operates else []
        lanes = stuck.lanes(session, LANES) if operates else {}
    return page(
        request,
        "system/overview.html",
        caller,
        stuck=found,
        kinds=KINDS,
        waiting=[one for one in waiting if one.number],
        empty=[one.queue for one in waiting if not one.number],
        lanes=lanes,
        operates=operates,
    )
