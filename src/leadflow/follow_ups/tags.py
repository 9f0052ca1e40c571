"""Tags of leads: put on and taken off many at a time, renamed and merged."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import ARRAY, DateTime, Text, any_, delete, exists, func, literal, select, true
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert
from sqlalchemy.orm import Session, aliased

from leadflow.audit import service as audit
from leadflow.audit.entries import Entry
from leadflow.follow_ups.tables import LeadTag
from leadflow.follow_ups.tag_names import tag_name, tag_names
from leadflow.leads.service import lock_ids


class TagNotFound(LookupError):
    """No lead has this tag."""

    def __init__(self, name: str) -> None:
        super().__init__(f"No lead has the tag {name!r}. GET /tags lists them.")


class TagThere(RuntimeError):
    """Leads have a tag of the new name already."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Leads have the tag {name!r} already. Send the same with merge: true to make the two "
            "one; they cannot be told apart afterwards."
        )


def tags_of(session: Session, lead_ids: Collection[str]) -> dict[str, list[str]]:
    """The tags of these leads, by lead and in order; leads without any are absent."""
    query = (
        select(LeadTag.lead_id, func.array_agg(aggregate_order_by(LeadTag.tag, LeadTag.tag)))
        .where(LeadTag.lead_id == any_(literal(list(lead_ids), ARRAY(Text))))
        .group_by(LeadTag.lead_id)
    )
    return {lead_id: list(tags) for lead_id, tags in session.execute(query)}


def tag(
    session: Session, lead_ids: Sequence[str], names: Iterable[str], by: str, now: datetime
) -> int:
    """Put these tags on these leads, in one statement; returns on how many of them one was new.
    Ids of no lead are passed over. ``by`` is a person, a program or a rule.

    Raises:
        TagInvalid: a name cannot be one; nothing has changed.
    """
    wanted, there = tag_names(names), sorted(lock_ids(session, lead_ids))
    lead = func.unnest(literal(there, ARRAY(Text))).table_valued("id").render_derived()
    name = func.unnest(literal(wanted, ARRAY(Text))).table_valued("tag").render_derived()
    said = literal(by, Text), literal(now, DateTime(timezone=True))
    rows = select(lead.c.id, name.c.tag, *said).join_from(lead, name, true())
    put = insert(LeadTag).from_select(["lead_id", "tag", "added_by", "added_at"], rows)
    new = put.on_conflict_do_nothing().returning(LeadTag.lead_id, LeadTag.tag)
    return _recorded(session, "lead.tagged", by, session.execute(new).tuples())


def untag(
    session: Session, lead_ids: Sequence[str], names: Iterable[str], by: str, now: datetime
) -> int:
    """Take these tags off these leads, in one statement; returns off how many.

    Raises:
        TagInvalid: a name cannot be one; nothing has changed.
    """
    gone = (
        delete(LeadTag)
        .where(
            LeadTag.lead_id == any_(literal(sorted(lock_ids(session, lead_ids)), ARRAY(Text))),
            LeadTag.tag == any_(literal(tag_names(names), ARRAY(Text))),
        )
        .returning(LeadTag.lead_id, LeadTag.tag)
    )
    return _recorded(session, "lead.untagged", by, session.execute(gone).tuples())


def rename(session: Session, old: str, new: str, merge: bool, by: str) -> int:
    """Give a tag another name on every lead that has it; returns on how many. ``merge``: also where
    leads have the new one already, and the two become one.

    Raises:
        TagInvalid: the new name cannot be one.
        TagNotFound: no lead has the old one.
        TagThere: leads have the new one, and ``merge`` is not said.
    """
    was, name = tag_name(old), tag_name(new)
    # One rename after the other: two at once could pass each other by.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("tags of leads"))))
    if not session.scalar(select(exists().where(LeadTag.tag == was))):
        raise TagNotFound(was)
    if was == name:
        return 0
    if not merge and session.scalar(select(exists().where(LeadTag.tag == name))):
        raise TagThere(name)
    had = aliased(LeadTag)
    moved = select(had.lead_id, literal(name, Text), had.added_by, had.added_at)
    put = insert(LeadTag).from_select(
        ["lead_id", "tag", "added_by", "added_at"], moved.where(had.tag == was)
    )
    session.execute(put.on_conflict_do_nothing())
    count = _off_all(session, was)
    detail = {"to": name, "leads": count, "merged": merge}
    audit.record(session, by, "tag.renamed", f"tag/{was}", detail)
    return count


def remove(session: Session, name: str, by: str) -> int:
    """Take a tag off every lead that has it; returns off how many.

    Raises:
        TagNotFound: no lead has it.
    """
    count = _off_all(session, was := tag_name(name))
    if not count:
        raise TagNotFound(was)
    audit.record(session, by, "tag.removed", f"tag/{was}", {"leads": count})
    return count


def _off_all(session: Session, name: str) -> int:
    gone = session.execute(delete(LeadTag).where(LeadTag.tag == name))
    return int(gone.rowcount)  # type: ignore[attr-defined]


def _recorded(session: Session, act: str, by: str, rows: Iterable[tuple[str, str]]) -> int:
    """An entry in the audit log for each lead, with its tags; how many leads."""
    found: dict[str, list[str]] = {}
    for lead_id, name in rows:
        found.setdefault(lead_id, []).append(name)
    audit.record_many(
        session, (Entry(by, act, one, {"tags": sorted(found[one])}) for one in sorted(found))
    )
    return len(found)
