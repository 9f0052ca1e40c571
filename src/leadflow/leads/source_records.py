"""Looking at which fields each source has ever filled, for features that go by it."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from features.recorded import RECORDABLE, bits_of, filled_by_events, filled_profiles
from features.store import lead_events, leads
from leadflow.leads.changes import mark_selected
from leadflow.leads.events.types import read_types
from leadflow.leads.tables import SourceRecord

LOOKED_AT_AFTER = timedelta(hours=6)


def look_at_all(session: Session, now: datetime) -> None:
    """Look at every source whose fields nobody has looked at for a while."""
    lately = select(SourceRecord.source).where(SourceRecord.looked_at > now - LOOKED_AT_AFTER)
    look_at(session, session.scalars(select(leads.c.source).distinct().except_(lately)).all(), now)


def look_at(session: Session, sources: Collection[str], now: datetime) -> None:
    """Write down which fields these sources have filled for none of their leads. Events count for
    the source of the lead, wherever they came from. Where that is another than before, all leads of
    the source are to be scored anew; call it last in a unit of work, as marking is."""
    if not sources:
        return
    types = read_types(session)
    filled = filled_profiles()
    profiles = session.execute(
        select(leads.c.source, *(one.label(name) for name, one in filled.items()))
        .where(leads.c.source.in_(sources))
        .group_by(leads.c.source)
    )
    found = {row["source"]: {name for name in filled if row[name]} for row in profiles.mappings()}
    seen = (
        select(leads.c.source, lead_events.c.type)
        .join_from(leads, lead_events, lead_events.c.lead_id == leads.c.id)
        .where(leads.c.source.in_(sources))
        .distinct()
    )
    events: defaultdict[str, set[str]] = defaultdict(set)
    for source, name in session.execute(seen):
        events[source].add(name)
    rows: list[dict[str, Any]] = [
        {
            "source": source,
            "not_recorded": bits_of(
                set(RECORDABLE) - profile - filled_by_events(types, events[source])
            ),
            "looked_at": now,
        }
        for source, profile in sorted(found.items())
    ]
    if rows:
        known = select(SourceRecord.source, SourceRecord.not_recorded)
        before = dict(session.execute(known).tuples().all())
        said = insert(SourceRecord).values(rows)
        changed = {"not_recorded": said.excluded.not_recorded, "looked_at": now}
        session.execute(said.on_conflict_do_update(index_elements=["source"], set_=changed))
        moved = [
            row["source"] for row in rows if row["not_recorded"] != before.get(row["source"], 0)
        ]
        if moved:
            mark_selected(session, select(leads.c.id).where(leads.c.source.in_(moved)), bulk=True)
