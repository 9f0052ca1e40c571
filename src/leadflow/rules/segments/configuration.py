"""Segments as configuration: ``segments.yaml``."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from leadflow.configuration.kinds import ConfigurationKind, ContentRefused, Stored
from leadflow.configuration.reading_order import in_order
from leadflow.configuration.versions import changes_of, contents_at
from leadflow.rules.configuration import read, readable
from leadflow.rules.segments import service
from leadflow.rules.segments.definitions import SegmentsInvalid
from leadflow.rules.segments.service import SegmentInUse
from leadflow.rules.segments.tables import SegmentVersion
from leadflow.rules.text_format import write_yaml

SECTION = "segments"


def store(session: Session, content: Any, by: str, now: datetime) -> Stored:
    """Write down the segments that differ.

    Raises:
        ContentRefused: with everything that is wrong.
    """
    try:
        applied = service.apply(session, content, by, now)
    except SegmentsInvalid as error:
        raise ContentRefused(error.problems) from error
    return Stored(applied.new, applied.changed)


def in_force(session: Session, at: datetime | None) -> dict[str, Any] | None:
    """The segments that counted at a moment, None for now."""
    said_then = contents_at(session, SegmentVersion.segment, at)
    found = {
        name: in_order(readable(said), ("description", "conditions"))
        for name, said in said_then.items()
    }
    return {SECTION: found} if found else None


def take_out(session: Session, names: Sequence[str], by: str, now: datetime) -> None:
    """Take these out, each once no other of them names it.

    Raises:
        SegmentInUse: rules that are active, or segments that stay, name one.
    """
    waiting = list(names)
    while waiting:
        held = {}
        for name in waiting:
            try:
                service.remove(session, name, by, now)
            except SegmentInUse as error:
                held[name] = error
        if len(held) == len(waiting):
            going = {f"the segment {name}" for name in waiting}
            # By what stays: that a segment which is to go names another says nothing.
            raise max(held.values(), key=lambda error: len(set(error.by) - going))
        waiting = list(held)


CONFIGURATION = ConfigurationKind(
    SECTION,
    "rules.write",
    read,
    write_yaml,
    service.take_turns,
    store,
    in_force,
    changes_of(SegmentVersion.segment),
    section=SECTION,
    take_out=take_out,
)
