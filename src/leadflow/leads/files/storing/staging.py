"""Storing a checked batch: COPY into a temporary table, then a few statements for all of it."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import ColumnElement, Table, case, func, literal, or_, select, text, update
from sqlalchemy.dialects.postgresql import TEXT
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from leadflow.database.planning import by_index
from leadflow.leads.changes import mark_selected
from leadflow.leads.columns import COUNTERS, PROFILE
from leadflow.leads.files.storing.change_log import FIRST, log_changes, log_made, notes_after
from leadflow.leads.files.storing.known_leads import NAMES, among, beside_known
from leadflow.leads.files.storing.older_cells import with_notes, without_older
from leadflow.leads.files.storing.staged_outcomes import store_outcomes
from leadflow.leads.files.storing.staged_rows import COPY, copied_bytes, indexed, staged
from leadflow.leads.said import Origin
from leadflow.leads.same_leads import turns
from leadflow.leads.tables import Lead

if TYPE_CHECKING:
    import pandas as pd

IMPORT_LOCK = 7_240_002
GIVEN = (
    *NAMES,
    *COUNTERS,
    "email_index",
    "first_name_index",
    "last_name_index",
    *PROFILE,
    "budget_minor",
    "budget_currency",
    "timeline",
    "service_requirements",
)
NEW = (
    *GIVEN,
    "external_id",
    "email",
    "email_kind",
    "country",
    "region",
    "country_said",
    "timeline_months",
)
leads = cast(Table, Lead.__table__)


@dataclass
class Stored:
    """What became of a batch, in rows; ``outcomes`` counts those that are new or changed."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    outcomes: int = 0

    def add(self, other: "Stored") -> None:
        """Add another batch's figures."""
        for item in fields(self):
            setattr(self, item.name, getattr(self, item.name) + getattr(other, item.name))


@dataclass(frozen=True)
class Placed:
    """The lead that a row is of, and whether the row made it."""

    lead_id: str
    new: bool


def store_batch(
    session: Session,
    frame: "pd.DataFrame",
    origin: Origin,
    now: datetime,
    placed: dict[int, Placed] | None = None,
) -> Stored:
    """Store the rows of a parsed and checked batch as leads and outcomes.

    A row updates the lead with its e-mail address, else the one with its (source, external_id), and
    is a new lead otherwise. Rows of one lead are merged in their order: what a later one says
    counts, and where it says nothing, what was said before stays; what was said later than a row
    was, by whoever else or by a later row, stays too. A new lead is known from the file's own time,
    an update from ``now``. Imports take turns, so that two never wait for each other.

    Args:
        placed: filled with each row's lead, by the index of the frame. The caller scores these
            leads in the same unit of work; where it is not given, they are marked as changed.
    """
    stored = Stored()
    if not len(frame):
        return stored
    session.execute(select(func.pg_advisory_xact_lock(IMPORT_LOCK)))
    by_index(session)
    staged.create(session.connection())
    # What is known of leads may be of before this source: without an index here, a plan made for
    # one lead of it would go through all staged rows for each of twenty thousand.
    session.execute(text("CREATE INDEX ON staged_leads (external_id)"))
    session.execute(text("CREATE INDEX ON staged_leads (email_index)"))
    for part in _in_turns(session, with_notes(indexed(frame), origin), origin.source):
        stored.add(_store_turn(session, part, origin, now, placed))
        session.execute(text("TRUNCATE staged_leads"))
    staged.drop(session.connection())
    return stored


def _in_turns(session: Session, frame: "pd.DataFrame", source: str) -> "Iterator[pd.DataFrame]":
    """The rows in parts, in none of which two are of one lead; nearly always one part."""
    import pandas as pd

    emails, ids = frame["email_index"], frame["external_id"]
    same_id = (Lead.source == source) & (Lead.external_id == among(ids))
    known = session.execute(
        select(Lead.email_index, Lead.external_id)
        .where(or_(Lead.email_index == among(emails), same_id))
        .where(Lead.email_index.is_not(None), Lead.external_id.is_not(None), Lead.source == source)
    )
    turn = pd.Series(
        turns(
            [_keys(*row) for row in zip(emails, ids, strict=True)],
            [_keys(email, external_id) for email, external_id in known],
        ),
        index=frame.index,
    )
    for _, part in frame.groupby(turn, sort=True):
        yield part


def _keys(email_index: Any, external_id: Any) -> list[tuple[str, str]]:
    """What a lead is found by."""
    named = (("email", email_index), ("id", external_id))
    return [(kind, value) for kind, value in named if isinstance(value, str)]


def _store_turn(
    session: Session,
    frame: "pd.DataFrame",
    origin: Origin,
    now: datetime,
    placed: dict[int, Placed] | None,
) -> Stored:
    """Store rows of different leads."""
    source = origin.source
    _copy(session, beside_known(session, without_older(session, frame, origin), source))
    stored, left = Stored(), len(frame)
    while left:  # once, unless another writer was first
        _match(session, source)
        stored.updated += _update(session, origin, now)
        stored.new += _insert(session, source, now)
        left = session.scalar(select(func.count()).where(~staged.c.done)) or 0
    stored.unchanged = len(frame) - stored.new - stored.updated
    log_made(session, origin)
    stored.outcomes = store_outcomes(session, origin)
    if placed is None:
        written = select(leads.c.id).join(staged, staged.c.lead_id == leads.c.id)
        mark_selected(session, written.where(leads.c.updated_at == now), bulk=True)
    else:
        placed |= _placed(session, frame)
    return stored


def _placed(session: Session, frame: "pd.DataFrame") -> dict[int, Placed]:
    made = staged.c.lead_id == staged.c.new_id
    rows = session.execute(select(staged.c.position, staged.c.lead_id, made))
    return {int(frame.index[at]): Placed(lead_id, new) for at, lead_id, new in rows}


def _copy(session: Session, frame: "pd.DataFrame") -> None:
    connection = session.connection().connection.driver_connection
    if connection is None:
        raise RuntimeError("The session lost its connection while it was importing.")
    with connection.cursor() as cursor, cursor.copy(COPY) as copy:
        copy.write(copied_bytes(frame))
    session.execute(text("ANALYZE staged_leads"))


def _match(session: Session, source: str) -> None:
    """Find each row's lead, and give one row of each lead its turn: the first in the file."""
    open_rows = update(staged).where(staged.c.lead_id.is_(None))
    # Another stands for a lead that was merged into it.
    stands = open_rows.values(lead_id=func.coalesce(leads.c.merged_into, leads.c.id))
    same_email = leads.c.email_index == staged.c.email_index
    session.execute(stands.where(same_email))
    same_id = (leads.c.source == source) & (leads.c.external_id == staged.c.external_id)
    session.execute(stands.where(same_id))
    _keep_own_addresses(session, same_email, same_id)
    first = (
        select(staged.c.position)
        .where(staged.c.lead_id.is_not(None), ~staged.c.done)
        .distinct(staged.c.lead_id)
        .order_by(staged.c.lead_id, staged.c.position)
    )
    session.execute(update(staged).where(staged.c.position.in_(first)).values(its_turn=True))


def _keep_own_addresses(
    session: Session, same_email: ColumnElement[bool], same_id: ColumnElement[bool]
) -> None:
    """A lead that stands for another keeps its own address, whichever of the other's names a row
    has; what the row says of an address is left out."""
    survivor = leads.alias("survivor")
    has_another = select(survivor.c.id).where(
        survivor.c.id == staged.c.lead_id, survivor.c.email_index != staged.c.email_index
    )
    by_id = same_id & (leads.c.merged_into == staged.c.lead_id) & has_another.exists()
    without = update(staged).where(leads.c.merged_into.is_not(None), or_(same_email, by_id))
    unsaid = func.array_remove(staged.c.said_names, literal("email", TEXT))
    session.execute(
        without.values(email=None, email_index=None, email_kind="none", said_names=unsaid)
    )


def _update(session: Session, origin: Origin, now: datetime) -> int:
    values, noted = _merged(origin.source), notes_after()
    changed = or_(*(leads.c[name].is_distinct_from(value) for name, value in values.items()))
    counted = or_(*(leads.c[name].is_distinct_from(values[name]) for name in COUNTERS))
    other_email = staged.c.email_index != leads.c.email_index
    its_turn = (leads.c.id == staged.c.lead_id) & staged.c.its_turn
    log_changes(session, origin, its_turn, changed, values["external_id"])
    result = session.execute(
        update(leads)
        .where(its_turn, changed)
        .values(
            {
                **values,
                "said": noted,
                "email": case(
                    (or_(other_email, leads.c.email_index.is_(None)), staged.c.email),
                    else_=leads.c.email,
                ),
                "counted_at": case((counted, now), else_=leads.c.counted_at),
                "known_from": now,
                "updated_at": now,
            }
        )
    )
    # What was said again as it was known already has been said anew all the same.
    again = update(leads).where(its_turn, leads.c.said.is_distinct_from(noted))
    session.execute(again.values(said=noted))
    session.execute(update(staged).where(staged.c.its_turn).values(its_turn=False, done=True))
    return int(result.rowcount)  # type: ignore[attr-defined]


def _merged(source: str) -> dict[str, ColumnElement[Any]]:
    """Each column after the update: what the row gives, else what is known."""
    values: dict[str, ColumnElement[Any]] = {
        name: func.coalesce(staged.c[name], leads.c[name]) for name in GIVEN
    }
    placed = or_(staged.c.location.is_not(None), staged.c.country.is_not(None))
    for condition, name in (
        (placed, "country"),
        (placed, "region"),
        (staged.c.timeline.is_not(None), "timeline_months"),
        (staged.c.email_index.is_not(None), "email_kind"),
    ):
        values[name] = case((condition, staged.c[name]), else_=leads.c[name])
    values["country_said"] = or_(leads.c.country_said, staged.c.country_said.is_(True))
    values["has_phone"] = or_(leads.c.has_phone, staged.c.phone.is_not(None))
    values["attributes"] = leads.c.attributes.op("||")(staged.c.attributes)
    other = leads.alias("other")
    taken = select(other.c.id).where(
        other.c.source == source, other.c.external_id == staged.c.external_id
    )
    nameless = leads.c.external_id.is_(None) & (leads.c.source == source) & ~taken.exists()
    values["external_id"] = case((nameless, staged.c.external_id), else_=leads.c.external_id)
    return values


def _insert(session: Session, source: str, now: datetime) -> int:
    counted = or_(*(staged.c[name].is_not(None) for name in COUNTERS))
    columns: dict[str, ColumnElement[Any]] = {
        **{name: staged.c[name] for name in (*NEW, "attributes", "created_at")},
        "id": staged.c.new_id,
        "source": literal(source),
        "has_phone": staged.c.phone.is_not(None),
        "known_from": staged.c.created_at,
        "updated_at": literal(now),
        "counted_at": case((counted, staged.c.created_at)),
        "said": FIRST,
    }
    rows = select(*columns.values()).where(staged.c.lead_id.is_(None)).order_by(staged.c.position)
    written = upsert(leads).from_select(list(columns), rows).on_conflict_do_nothing()
    made = written.returning(leads.c.id).cte("made")
    # A row that was not written is of a lead that somebody else has made meanwhile.
    result = session.execute(
        update(staged)
        .where(staged.c.new_id == made.c.id)
        .values(lead_id=staged.c.new_id, done=True)
    )
    return int(result.rowcount)  # type: ignore[attr-defined]
