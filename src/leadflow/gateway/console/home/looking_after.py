"""What those see first who look after campaigns, models or Leadflow itself."""

from datetime import UTC, datetime
from threading import Lock
from typing import Any

from cachetools import TTLCache
from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.accounts.permissions import Reach
from leadflow.analytics.coming_in import coming_in
from leadflow.database.engine import Use, unit_of_work
from leadflow.gateway.console.forms import ReadingRules
from leadflow.gateway.console.home.in_place import in_place
from leadflow.gateway.console.rendering import page
from leadflow.gateway.console.system.overview import KINDS, seen
from leadflow.gateway.http.limits import REPORTS, limited
from leadflow.rules.segments.service import counts, segments_now
from leadflow.scoring.monitoring.standing_now import model_standing
from leadflow.settings import get_settings

router = APIRouter(include_in_schema=False)
# All leads are looked at to count them; for so long the figures are shown again.
COUNTED_SECONDS = 600
_counted: TTLCache[str, tuple[datetime, dict[str, int]]] = TTLCache(1, COUNTED_SECONDS)
_turn = Lock()


@router.get("/console/segments-now")
@limited(REPORTS)
def count_segments(request: Request, caller: ReadingRules) -> Response:
    """How many leads each segment has: a part of the first page, which is there before it, for
    counting may take seconds; without scripts a page of its own."""
    with _turn:
        known = _counted.get("all")
        if known is None:
            now = datetime.now(UTC)
            with unit_of_work(use=Use.BATCH) as session:
                known = _counted["all"] = now, counts(session, now)
    part = "home/segments.html" if in_place(request) else "home/segments_page.html"
    return page(request, part, caller, counted=known)


def looked_after(session: Session, caller: Actor, now: datetime) -> dict[str, Any]:
    """The blocks that the caller's permissions give, by name; None: they do not."""

    def may(*permissions: str) -> bool:
        return all(caller.reach(one) is Reach.ALL for one in permissions)

    marketing = may("import.read", "source.read", "campaign.write")
    stuck = {"found": seen(session, caller, now), "kinds": KINDS}
    return {
        "coming": coming_in(session, now) if marketing else None,
        "segments": list(segments_now(session)) if marketing and may("rules.read") else [],
        "model": model_standing(session, get_settings()) if may("model.propose") else None,
        "stuck": stuck if may("outbox.read") else None,
    }
