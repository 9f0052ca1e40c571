"""The types of events there are: what rooms declare, kept in the store beside a company's own."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, literal_column, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from features.event_types import EventType, EventTypes
from leadflow.conditions.problems import nearest, shown
from leadflow.leads.tables import EventTypeRow as Row
from leadflow.paging.keyset import Key, Page, Wanted, read_page

COMPANY = "company"
_COLUMNS = (
    "label",
    "counts_as",
    "dimension",
    "done_by",
    "is_touch",
    "has_features",
    "payload_schema",
    "reopens",
)
WRITTEN = (*_COLUMNS, "declared_by")
# The types of this process: what was read last, whoever asked.
_kept: EventTypes | None = None


class UnknownEventType(ValueError):
    """Nobody has declared events of this type."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(
            f"There is no event type {shown(name)}. {nearest(name, list(known))} Add a type of "
            "your own: leadflow events import FILE, or PUT /event-types (docs/events.md)."
        )


def read_types(session: Session) -> EventTypes:
    """Every type as it is stored now; the same object until any of them changes."""
    global _kept
    names = (Row.name, *(getattr(Row, name) for name in _COLUMNS))
    found = session.execute(select(Row.revision, *names)).all()
    revision = max((row.revision for row in found), default=0)
    read = EventTypes.of([EventType(*row[1:]) for row in found], revision)
    kept = _kept
    if kept is None or (kept.revision, kept.types) != (read.revision, read.types):
        _kept = kept = read
    return kept


def known_types(session: Session) -> EventTypes:
    """The types as this process read them last. Whoever goes by them compares their ``revision``
    with the store's, which a query has along for nothing (``revision_now``)."""
    return read_types(session) if _kept is None else _kept


def list_types(session: Session) -> list[Row]:
    """Every type with who declared it, by name."""
    return list(session.scalars(select(Row).order_by(Row.name)))


def page_of_types(session: Session, wanted: Wanted) -> Page[Row]:
    """A page of the types, by name."""
    return read_page(session, select(Row), (Key(Row.name),), ("event types",), wanted)


def revision_now() -> str:
    """SQL of the revision the store's types have: a scalar subquery."""
    return "(SELECT max(revision) FROM event_types)"


def put_in(session: Session, declared: Mapping[str, Sequence[EventType]], now: datetime) -> int:
    """Have the store say of the rooms' types what the rooms say; returns how many were new or
    another.

    Args:
        declared: the types by the name of the room that declares them.
    """
    take_turns(session)
    rows = [
        _values(known) | {"declared_by": room, "changed_at": now}
        for room, types in declared.items()
        for known in types
    ]
    return write_types(session, rows)


def take_turns(session: Session) -> None:
    """Have everybody else who writes types wait until this transaction ends, so that whoever reads
    sees revisions in their order. Readers wait for nobody."""
    session.execute(text("LOCK TABLE event_types IN SHARE ROW EXCLUSIVE MODE"))


def write_types(session: Session, rows: Sequence[Mapping[str, object]]) -> int:
    """Insert types or change those of the same name, in one statement; how many that were. Rows
    that say what is stored already change nothing. The caller has taken turns."""
    if not rows:
        return 0
    statement = insert(Row).values(list(rows))
    said = statement.excluded
    differs = [getattr(Row, name).is_distinct_from(said[name]) for name in WRITTEN]
    different = differs[0]
    for one in differs[1:]:
        different |= one
    statement = statement.on_conflict_do_update(
        index_elements=[Row.name],
        set_={name: said[name] for name in (*WRITTEN, "changed_at")}
        | {"revision": literal_column("DEFAULT", BigInteger)},
        where=different,
    )
    return len(session.execute(statement.returning(Row.name)).all())


def _values(known: EventType) -> dict[str, object]:
    names = ("name", *_COLUMNS)
    return {name: getattr(known, name) for name in names}
