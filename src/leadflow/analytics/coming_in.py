"""What comes in, for those who look after it: sources, imports, opt-outs of the last seven days."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from leadflow.consent.tables import ConsentEvent, Suppression
from leadflow.leads.files.quarantine_groups import rows_waiting
from leadflow.leads.imports.listing import Import, imports
from leadflow.sources.service import sources_now
from leadflow.sources.tables import Delivery

WEEK = timedelta(days=7)
LAST = 3


@dataclass(frozen=True)
class SourceSeen:
    """A source, when it last delivered something, and how many deliveries nobody could read."""

    name: str
    last: datetime | None
    dead: int


@dataclass(frozen=True)
class ComingIn:
    """``opted_out``: leads that said no within the last seven days, whenever that was told here;
    ``suppressed``: addresses that nobody writes to since then."""

    sources: list[SourceSeen]
    imports: list[Import]
    set_aside: int
    opted_out: int
    suppressed: int


def coming_in(session: Session, now: datetime) -> ComingIn:
    """What came in last; sources with trouble first, then those that are silent for longest."""
    since = now - WEEK
    said_no = select(func.count(ConsentEvent.lead_id.distinct())).where(
        # What has happened since then was told since then, and of that there is an index.
        ConsentEvent.recorded_at >= since,
        ConsentEvent.happened_at >= since,
        ConsentEvent.given.is_(False),
    )
    suppressed = select(func.count()).select_from(Suppression).where(Suppression.since >= since)
    return ComingIn(
        _sources(session),
        imports(session, LAST),
        rows_waiting(session),
        session.scalar(said_no) or 0,
        session.scalar(suppressed) or 0,
    )


def _sources(session: Session) -> list[SourceSeen]:
    names = list(sources_now(session))
    dead = select(Delivery.source, func.count()).where(Delivery.status == "dead")
    counted = dict(session.execute(dead.group_by(Delivery.source)).tuples().all())
    # One look-up each: of the deliveries of a source only the last is read.
    last = {
        name: session.scalar(select(func.max(Delivery.received_at)).where(Delivery.source == name))
        for name in names
    }
    found = [SourceSeen(name, last[name], counted.get(name, 0)) for name in names]
    return sorted(
        found, key=lambda one: (-one.dead, one.last.timestamp() if one.last else 0.0, one.name)
    )
