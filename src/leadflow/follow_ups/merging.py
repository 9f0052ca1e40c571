"""Notes, tasks and tags of a lead that is merged into another, and back."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from leadflow.follow_ups.tables import LeadNote, LeadTag, LeadTask


def bring(session: Session, survivor_id: str, other_id: str) -> dict[str, Any]:
    """Have them be the survivor's; what was brought, by ids and names. The caller holds both
    leads."""
    return {
        "notes": _pass_on(session, LeadNote, survivor_id, other_id),
        "tasks": _pass_on(session, LeadTask, survivor_id, other_id),
        "tags": _tags(session, survivor_id, other_id),
    }


def take_back(session: Session, survivor_id: str, other_id: str, brought: dict[str, Any]) -> None:
    """Let each have its own again, notes and tasks as they are by now; those that were written
    since stay with the survivor."""
    for table, name in ((LeadNote, "notes"), (LeadTask, "tasks")):
        these = update(table).where(table.id.in_(brought[name]), table.lead_id == survivor_id)
        session.execute(these.values(lead_id=other_id))
    gone = delete(LeadTag).where(LeadTag.lead_id == survivor_id)
    session.execute(gone.where(LeadTag.tag.in_(brought["tags"]["new"])))
    rows = [
        {"lead_id": other_id, "tag": tag, "added_by": by, "added_at": datetime.fromisoformat(at)}
        for tag, by, at in brought["tags"]["own"]
    ]
    if rows:
        session.execute(insert(LeadTag), rows)


def _pass_on(
    session: Session, table: type[LeadNote] | type[LeadTask], survivor_id: str, other_id: str
) -> list[str]:
    these = update(table).where(table.lead_id == other_id).values(lead_id=survivor_id)
    return sorted(session.scalars(these.returning(table.id)))


def _tags(session: Session, survivor_id: str, other_id: str) -> dict[str, Any]:
    """``own``: the tags of the other, with who put them on and when; ``new``: those of them that
    the survivor had not."""
    had = set(session.scalars(select(LeadTag.tag).where(LeadTag.lead_id == survivor_id)))
    gone = delete(LeadTag).where(LeadTag.lead_id == other_id)
    own = session.execute(gone.returning(LeadTag.tag, LeadTag.added_by, LeadTag.added_at)).all()
    new = [row for row in own if row.tag not in had]
    if new:
        rows = [
            {"lead_id": survivor_id, "tag": tag, "added_by": by, "added_at": at}
            for tag, by, at in new
        ]
        session.execute(insert(LeadTag), rows)
    return {
        "own": sorted([tag, by, at.isoformat()] for tag, by, at in own),
        "new": sorted(row.tag for row in new),
    }
