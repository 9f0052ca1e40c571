"""Marks of leads with news since their score: set by whoever writes facts, cleared by whoever
scores.

Locks are taken in one order, leads before marks: a fact's writer marks last, and who claims marks
takes their leads first and waits for nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Table,
    case,
    delete,
    func,
    literal,
    select,
    text,
    true,
)
from sqlalchemy import cast as cast_to
from sqlalchemy.dialects.postgresql import ARRAY, TEXT, insert
from sqlalchemy.orm import Session

from leadflow.leads.tables import ChangedLead, Lead

# What the transaction is caused by, as triggers that write domain events read it.
FIRING = func.nullif(func.current_setting("leadflow.caused_by", true()), "")
DEPTH = cast_to(
    func.coalesce(func.nullif(func.current_setting("leadflow.depth", true()), ""), "0"), Integer
)
SAY_CAUSE = text(
    "SELECT set_config('leadflow.caused_by', :firing, true), "
    "set_config('leadflow.depth', :depth, true)"
)
# What came of an import has this before the import's id as its cause.
OF_IMPORT = "import:"
marks = cast(Table, ChangedLead.__table__)


@dataclass(frozen=True)
class Cause:
    """What leads were marked for: the firing of the rule whose action it came of, if it was one,
    and how many rules led to it."""

    firing: str | None = None
    depth: int = 0


@dataclass(frozen=True)
class Claimed:
    """Marked leads that nobody else scores now, each with its cause, and when the newest of their
    facts came."""

    causes: dict[str, Cause]
    newest: datetime | None

    @property
    def lead_ids(self) -> list[str]:
        """The leads, in their turn."""
        return list(self.causes)


def mark_changed(session: Session, lead_ids: Sequence[str], bulk: bool = False) -> None:
    """Say that these leads have new facts; call it last in the unit of work that wrote them.

    A lead marked both ways waits no longer than one that came alone.
    """
    if lead_ids:
        given = func.unnest(literal(list(lead_ids), ARRAY(TEXT)))
        mark_selected(session, select(given.label("lead_id")), bulk)


def mark_selected(session: Session, lead_ids: Select[tuple[str]], bulk: bool) -> None:
    """Mark the leads that a statement selects, in one statement; see ``mark_changed``. Leads that
    were merged into others are not scored."""
    ids = lead_ids.distinct().subquery("given")
    # The clock, not the transaction's start: a mark must not look older than a score that was
    # given while its transaction ran.
    columns: list[ColumnElement[Any]] = [ids.c[0], func.clock_timestamp(), literal(bulk)]
    columns += [FIRING, DEPTH]
    # In one order, so that two who mark the same leads never wait for each other.
    merged = select(Lead.id).where(Lead.merged_into.is_not(None))
    standing = select(*columns).where(ids.c[0].not_in(merged))
    statement = insert(marks).from_select(
        ["lead_id", "changed_at", "bulk", "caused_by", "depth"], standing.order_by(ids.c[0])
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["lead_id"],
            set_={
                "changed_at": func.greatest(marks.c.changed_at, statement.excluded.changed_at),
                "bulk": marks.c.bulk & statement.excluded.bulk,
                # What came of something else too may set the rule off again, no deeper than this.
                "caused_by": case(
                    (marks.c.caused_by == statement.excluded.caused_by, marks.c.caused_by)
                ),
                "depth": func.greatest(marks.c.depth, statement.excluded.depth),
            },
        )
    )


def changed(limit: int) -> Select[tuple[str]]:
    """The ids of up to ``limit`` marked leads: those that came alone first, then the oldest."""
    return (
        select(ChangedLead.lead_id).order_by(ChangedLead.bulk, ChangedLead.changed_at).limit(limit)
    )


def claim_changed(session: Session, limit: int) -> Claimed:
    """Take up to ``limit`` marked leads until this transaction ends, passing over those in others'
    hands. Read their facts after this, then ``release_claimed``."""
    rows = session.execute(
        select(
            ChangedLead.lead_id, ChangedLead.changed_at, ChangedLead.caused_by, ChangedLead.depth
        )
        .join(Lead, Lead.id == ChangedLead.lead_id)
        .order_by(ChangedLead.bulk, ChangedLead.changed_at)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    ).all()
    return Claimed(
        {row.lead_id: Cause(row.caused_by, row.depth) for row in rows},
        max((row.changed_at for row in rows), default=None),
    )


def say_cause(session: Session, cause: Cause) -> None:
    """What is written from here on in this transaction came of this."""
    session.execute(SAY_CAUSE, {"firing": cause.firing or "", "depth": str(cause.depth)})


def release_claimed(session: Session, claimed: Claimed) -> None:
    """Delete the marks of leads that were claimed and have been scored since."""
    session.execute(delete(marks).where(marks.c.lead_id.in_(claimed.lead_ids)))


def clear_changed_between(
    session: Session, after_id: str, to_id: str | None, as_of: datetime
) -> None:
    """Delete the marks of the leads after one id up to another; see ``clear_changed``."""
    chosen = (marks.c.lead_id > after_id) & (marks.c.changed_at <= as_of)
    if to_id is not None:
        chosen &= marks.c.lead_id <= to_id
    session.execute(delete(marks).where(chosen))


def clear_changed(session: Session, lead_ids: Sequence[str], as_of: datetime) -> int:
    """Delete the marks of leads that were scored as of a moment, unless they are newer.

    For whoever scores leads whether they are marked or not. A fact whose transaction had made its
    mark by ``as_of`` but ended only after the features were read is not seen: leave such a mark
    standing by clearing as of a moment some seconds before the reading.
    """
    result = session.execute(
        delete(marks).where(marks.c.lead_id.in_(lead_ids), marks.c.changed_at <= as_of)
    )
    return int(result.rowcount)  # type: ignore[attr-defined]
