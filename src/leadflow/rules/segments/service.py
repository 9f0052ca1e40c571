"""Segments in the store: writing them down, taking them out, and counting who is in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import Session

from leadflow.audit import service as audit
from leadflow.conditions.problems import nearest
from leadflow.conditions.tree import Condition
from leadflow.leads.tables import Lead
from leadflow.paging.keyset import Key, Page, Wanted, read_page
from leadflow.rules.compiling import compiled
from leadflow.rules.field_catalogue import SEGMENTS, kinds_of, known_names, values_of
from leadflow.rules.rule_kinds import kind_of
from leadflow.rules.schemas import parse_rules
from leadflow.rules.segments.definitions import (
    Segment,
    SegmentsInvalid,
    parse_segments,
    see_segments,
)
from leadflow.rules.segments.expanding import circles, expanded, named_in
from leadflow.rules.segments.tables import SegmentVersion
from leadflow.rules.sources import lead_source
from leadflow.rules.tables import RuleSetRow

SEGMENTS_LOCK = 7_240_013


class NoSegment(LookupError):
    """There is no segment of this name."""

    def __init__(self, name: str, known: Mapping[str, Any]) -> None:
        super().__init__(
            f"There is no segment {name!r}. {nearest(name, known)} Add one: leadflow segments "
            "apply FILE (docs/rules.md)."
        )


class SegmentInUse(ValueError):
    """A segment that others name cannot be taken out."""

    def __init__(self, name: str, by: list[str]) -> None:
        self.by = tuple(by)
        super().__init__(f"The segment {name} is named by {', '.join(by)}. Change those first.")


@dataclass(frozen=True)
class StoredSegment:
    """A segment as it counts now, since when."""

    name: str
    version: int
    segment: Segment
    created_at: datetime
    created_by: str


@dataclass(frozen=True)
class Applied:
    """Which segments were new and which changed, by name; the others said what was stored."""

    new: tuple[str, ...]
    changed: tuple[str, ...]


def segments_now(session: Session) -> dict[str, StoredSegment]:
    """Every segment that counts, by name."""
    newest = (
        select(SegmentVersion)
        .distinct(SegmentVersion.segment)
        .order_by(SegmentVersion.segment, SegmentVersion.version.desc())
    )
    return {
        row.segment: StoredSegment(
            row.segment, row.version, _read(row), row.created_at, row.created_by
        )
        for row in session.scalars(newest)
        if row.content is not None
    }


def read_segment(session: Session, name: str) -> StoredSegment:
    """One segment as it counts now.

    Raises:
        NoSegment: there is none.
    """
    known = segments_now(session)
    if name not in known:
        raise NoSegment(name, known)
    return known[name]


def versions(session: Session, name: str) -> list[SegmentVersion]:
    """Every version of a segment, newest first; none of one that never was."""
    return list(session.scalars(_versions(name)))


def page_of_versions(session: Session, name: str, wanted: Wanted) -> Page[SegmentVersion]:
    """A page of the versions of a segment, newest first."""
    these = select(SegmentVersion).where(SegmentVersion.segment == name)
    keys = (Key(SegmentVersion.version, descending=True),)
    return read_page(session, these, keys, ("segment", name), wanted)


def conditions_now(session: Session) -> dict[str, Condition]:
    """What every segment that counts says, by name."""
    return {name: stored.segment.conditions for name, stored in segments_now(session).items()}


def read_segments(session: Session, content: Any) -> dict[str, Segment]:
    """The segments that this content describes, held against the fields there are and the segments
    beside them.

    Raises:
        SegmentsInvalid: with everything that is wrong.
    """
    known = dict(known_names(session))
    said = content.get(SEGMENTS) if isinstance(content, dict) else None
    known[SEGMENTS] = {**known[SEGMENTS], **{str(name): "" for name in said or ()}}
    given, problems = see_segments(
        content, partial(kinds_of, known=known), partial(values_of, known=known)
    )
    together = conditions_now(session) | {
        name: segment.conditions for name, segment in given.items()
    }
    if problems := problems + circles(together):
        raise SegmentsInvalid(problems)
    return given


def would_apply(session: Session, given: Mapping[str, Segment]) -> Applied:
    """What ``apply`` would do, without doing it."""
    known = segments_now(session)
    return Applied(
        new=tuple(name for name in given if name not in known),
        changed=tuple(
            name
            for name, each in given.items()
            if name in known and known[name].segment.content_hash != each.content_hash
        ),
    )


def take_turns(session: Session) -> None:
    """Have changes of segments take turns, until the transaction ends."""
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": SEGMENTS_LOCK})


def apply(session: Session, content: Any, by: str, now: datetime) -> Applied:
    """Write these segments down, as a new version of each that changes; all or none. Others stay
    as they are. Rules that name them go by them from now on.

    Raises:
        SegmentsInvalid: with everything that is wrong; nothing was stored.
    """
    take_turns(session)
    given = read_segments(session, content)
    applied = would_apply(session, given)
    for name in (*applied.new, *applied.changed):
        _write(session, name, given[name], by, now)
    return applied


def remove(session: Session, name: str, by: str, now: datetime) -> None:
    """Let there be no such segment any more.

    Raises:
        NoSegment: there is none.
        SegmentInUse: rules that are active, or other segments, name it.
    """
    take_turns(session)
    read_segment(session, name)
    if users := _users(session, name):
        raise SegmentInUse(name, users)
    _write(session, name, None, by, now)


def counts(session: Session, now: datetime) -> dict[str, int]:
    """How many leads each segment has now, by name: one pass over the leads for all of them. Those
    that others stand for are not counted."""
    known = conditions_now(session)
    if not known:
        return {}
    fits = [
        func.count().filter(compiled(expanded(condition, known), now)).label(name)
        for name, condition in known.items()
    ]
    standing = select(*fits).select_from(lead_source(now)).where(Lead.merged_into.is_(None))
    row = session.execute(standing).one()
    return dict(zip(known, row, strict=True))


def _users(session: Session, name: str) -> list[str]:
    """What names a segment: other segments, and the rules that are active."""
    users = [
        f"the segment {other}"
        for other, stored in segments_now(session).items()
        if name in named_in(stored.segment.conditions)
    ]
    for row in session.scalars(select(RuleSetRow).where(RuleSetRow.active)):
        kind = kind_of(row.kind)
        rules = parse_rules(row.content, kind.actions, None, kind.terms, kind.of_events).rules
        if any(name in named_in(rule.conditions) for rule in rules):
            users.append(f"the {row.kind} rules that are active")
    return users


def _write(session: Session, name: str, segment: Segment | None, by: str, now: datetime) -> None:
    newest = select(func.max(SegmentVersion.version)).where(SegmentVersion.segment == name)
    version = (session.scalar(newest) or 0) + 1
    session.add(
        SegmentVersion(
            segment=name,
            version=version,
            content=None if segment is None else segment.content,
            content_hash="" if segment is None else segment.content_hash,
            created_at=now,
            created_by=by,
        )
    )
    act = "segment.removed" if segment is None else "segment.applied"
    audit.record(session, by, act, f"segment/{name}", {"version": version})
    session.flush()


def _versions(name: str) -> Select[tuple[SegmentVersion]]:
    of = select(SegmentVersion).where(SegmentVersion.segment == name)
    return of.order_by(SegmentVersion.version.desc())


def _read(row: SegmentVersion) -> Segment:
    return parse_segments({"segments": {row.segment: row.content}}, kinds_of, _any)[row.segment]


def _any(field: str) -> None:
    """What is stored already goes on counting: any value is taken."""
