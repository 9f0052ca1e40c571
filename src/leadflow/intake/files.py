"""A file comes in: batch by batch, each its own unit of work, resumable, and never twice."""

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from leadflow.assignment.routing.ends import correct_ends, end_closed
from leadflow.assignment.routing.past_assignments import PastAssignments, record_past
from leadflow.audit import service as audit
from leadflow.database.engine import unit_of_work
from leadflow.database.ids import new_id
from leadflow.database.tables import InboxRow
from leadflow.intake.rows import take_rows
from leadflow.intake.too_many_set_aside import TooManySetAside, too_many
from leadflow.leads.changes import OF_IMPORT, Cause, say_cause
from leadflow.leads.files.checking import Checked, check
from leadflow.leads.files.formats.reading import chunks, fingerprint
from leadflow.leads.files.formats.tables_of_text import Row
from leadflow.leads.files.mapped_attributes import register_mapped
from leadflow.leads.files.mapped_file import not_used, opened
from leadflow.leads.files.mapping import Mapping
from leadflow.leads.files.parsing import Context
from leadflow.leads.files.quarantine import set_aside, supersede
from leadflow.leads.files.storing.origins import origin_of, source_of
from leadflow.leads.files.storing.staging import Stored
from leadflow.leads.imports.listing import HELD
from leadflow.leads.imports.mapping_truth import hold_to_mapping
from leadflow.leads.source_records import look_at
from leadflow.settings import Settings

SOURCE = "file"
ATTEMPTS = 3


class ImportInterrupted(RuntimeError):
    """Another process is importing the same file, and only one of the two goes on."""


class ImportUndone(ImportInterrupted):
    """Somebody has undone this import while it went on."""


@dataclass(frozen=True)
class Bringer:
    """Who brings a file in: somebody at the machine, or a caller of the API. ``actor``: what the
    audit log calls them. ``anyway``: how they say to go on where many rows fail. ``since``: when
    the file was handed over, where that was before now. ``accepted`` is told the import's id before
    the first row is stored."""

    actor: str
    anyway: str
    since: datetime | None = None
    accepted: Callable[[str], None] = lambda _: None


COMMAND = Bringer("leadflow import", "--anyway")


@dataclass
class ImportSummary:
    """What became of a file, in rows. ``reasons`` counts why rows were set aside; ``past``: what
    it says of who had the leads, where the mapping names that column; ``said``: what people should
    know of how it was read; ``taken_out``: how many values of earlier imports the mapping says no
    longer, by name; None: not looked yet."""

    inbox_id: str
    file: str
    rows: int = 0
    set_aside: int = 0
    stored: Stored = field(default_factory=Stored)
    reasons: Counter[str] = field(default_factory=Counter)
    finished_before: datetime | None = None
    not_used: list[str] = field(default_factory=list)
    said: tuple[str, ...] = ()
    past: PastAssignments | None = None
    taken_out: dict[str, int] | None = None

    def counts(self) -> dict[str, Any]:
        """The figures alone."""
        return {"rows": self.rows, "set_aside": self.set_aside, **asdict(self.stored)}


def import_file(
    path: Path,
    mapping: Mapping,
    settings: Settings,
    engine: Engine,
    now: datetime,
    on_progress: Callable[[int], None] | None = None,
    anyway: bool = False,
    bringer: Bringer = COMMAND,
) -> ImportSummary:
    """Bring the leads of a file in, ``settings.import_batch`` rows at a time.

    Rows that fail their checks are set aside with the reasons. An import that was interrupted goes
    on where it stopped. The same file under the same mapping is imported once.

    Args:
        on_progress: told how many rows have been dealt with since the last time.
        anyway: go on where more than a tenth of the rows fail.

    Raises:
        TooManySetAside: more than a tenth of the rows fail their checks; those of this batch are
            neither stored nor set aside, and the import goes on from there.
        MappingError: the mapping names columns the file lacks, a key that does not tell its leads
            apart, or an attribute of another kind, or does not say how numbers are written that can
            be read either way.
        UnreadableFile: the file is no table.
        ImportInterrupted, ImportUndone: another process imports the same file at this moment, or
            has undone this import.
    """
    mapping, columns, rows_of_file, said = opened(path, mapping)
    summary = _accept(engine, path, mapping, bringer.since or now)
    bringer.accepted(summary.inbox_id)
    summary.not_used, summary.said = not_used(mapping, columns), said
    if summary.finished_before is not None:
        return _with_past(engine, summary, path, mapping, now)
    with unit_of_work(engine) as session:
        register_mapped(session, mapping)
        inbox = _lock(session, summary)
        context = Context(
            inbox.content_hash[:12], now, settings.default_currency, inbox.received_at
        )
        summary.taken_out = _summary(inbox).taken_out
        if summary.taken_out is None:
            summary.taken_out = hold_to_mapping(session, inbox, mapping, columns, context)
            inbox.result = _progress(summary)
    if on_progress is not None and summary.rows:
        on_progress(summary.rows)
    for number, rows in chunks(rows_of_file, settings.import_batch, skip=summary.rows):
        checked = check(rows, range(number, number + len(rows)), mapping, context)
        if not anyway:
            _refuse_too_many(summary, len(rows), checked, bringer)
        batch = partial(
            _store, summary=summary, mapping=mapping, rows=rows, checked=checked, now=now
        )
        summary = _stored(engine, batch)
        if on_progress is not None:
            on_progress(len(rows))
    _finish(engine, summary, mapping.source, now, bringer.actor)
    return _with_past(engine, summary, path, mapping, now)


def _refuse_too_many(summary: ImportSummary, rows: int, checked: Checked, bringer: Bringer) -> None:
    read, failing = summary.rows + rows, summary.set_aside + len(checked.failing)
    if len(checked.failing) and too_many(read, failing):
        reasons = summary.reasons + Counter(
            f"{reason['field']} {reason['rule']}"
            for said in checked.failing.values()
            for reason in said
        )
        raise TooManySetAside(summary.file, read, failing, reasons, bringer.anyway)


def _with_past(
    engine: Engine, summary: ImportSummary, path: Path, mapping: Mapping, now: datetime
) -> ImportSummary:
    """Record who had the leads; also of a file that is known, whose import may have ended before
    it came to that. Nothing is recorded twice."""
    if mapping.assigned_to is not None:
        with unit_of_work(engine) as session:
            summary.past = record_past(session, path, mapping, now)
    return summary


def _accept(engine: Engine, path: Path, mapping: Mapping, since: datetime) -> ImportSummary:
    """The inbox row of this file and mapping, with how far an earlier import of it came."""
    content, canonical = fingerprint(path, mapping.joins), mapping.canonical()
    delivery = sha256(f"{content}\n{canonical}".encode()).hexdigest()
    row = {
        "id": new_id("inbox"),
        "source": SOURCE,
        "delivery_id": delivery,
        "status": "accepted",
        "content_hash": content,
        "payload": canonical.encode(),
        "result": _progress(ImportSummary(inbox_id="", file=path.name)),
        "received_at": since,
    }
    with unit_of_work(engine) as session:
        same = (InboxRow.source == SOURCE) & (InboxRow.delivery_id == delivery)
        _replaced(session, session.scalars(select(InboxRow).where(same)).first())
        session.execute(insert(InboxRow).values(row).on_conflict_do_nothing())
        return _summary(session.scalars(select(InboxRow).where(same)).one())


def _replaced(session: Session, known: InboxRow | None) -> None:
    """An import after which the same file was imported by another mapping is one of the past: to
    give the first mapping again is to import anew."""
    if known is None:
        return
    later = select(InboxRow).where(
        InboxRow.source == SOURCE,
        InboxRow.content_hash == known.content_hash,
        InboxRow.id > known.id,
        InboxRow.status == "done",
    )
    if any(source_of(row) == source_of(known) for row in session.scalars(later)):
        known.delivery_id = f"{known.delivery_id} replaced {known.id}"
        session.flush()


def _stored(engine: Engine, store: Callable[[Session], ImportSummary]) -> ImportSummary:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with unit_of_work(engine) as session:
                return store(session)
        except IntegrityError:  # another writer has taken an e-mail address since it was looked up
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def _store(
    session: Session,
    summary: ImportSummary,
    mapping: Mapping,
    rows: list[Row],
    checked: Checked,
    now: datetime,
) -> ImportSummary:
    inbox = _lock(session, summary)
    ahead = _summary(inbox)
    if ahead.rows != summary.rows:
        raise ImportInterrupted(
            f"Another process is importing {summary.file} too and has gone on to row "
            f"{ahead.rows:,}. This one stops; nothing is lost."
        )
    # What comes of it is known to come of an import, as long as it goes on coming.
    say_cause(session, Cause(f"{OF_IMPORT}{inbox.id}", 0))
    set_aside(session, inbox.id, summary.rows, rows, checked, mapping)
    ahead.stored.add(take_rows(session, checked.good, origin_of(session, inbox, mapping), now))
    ahead.rows += len(rows)
    ahead.set_aside += len(checked.failing)
    for reasons in checked.failing.values():
        ahead.reasons.update(f"{reason['field']} {reason['rule']}" for reason in reasons)
    ahead.not_used, ahead.said = summary.not_used, summary.said
    inbox.result = _progress(ahead)
    return ahead


def _lock(session: Session, summary: ImportSummary) -> InboxRow:
    """The record of the import, held until this transaction ends; not of one that is undone."""
    inbox = session.get_one(InboxRow, summary.inbox_id, with_for_update=HELD)
    if inbox.status == "undone":
        raise ImportUndone(f"This import of {summary.file} has just been undone. It stops.")
    return inbox


def _finish(engine: Engine, summary: ImportSummary, source: str, now: datetime, actor: str) -> None:
    with unit_of_work(engine) as session:
        inbox = _lock(session, summary)
        if summary.stored.outcomes:
            end_closed(session, now)
            correct_ends(session)
        inbox.status, inbox.handled_at = "done", now
        supersede(session, inbox, now)
        look_at(session, [source], now)
        audit.record(session, actor, "leads.imported", inbox.id, summary.counts())


def _progress(summary: ImportSummary) -> dict[str, Any]:
    reasons, taken_out = dict(summary.reasons), summary.taken_out
    return {"file": summary.file, "reasons": reasons, "taken_out": taken_out, **summary.counts()}


def _summary(inbox: InboxRow) -> ImportSummary:
    result = inbox.result or {}
    figures = {name: result.get(name, 0) for name in asdict(Stored())}
    return ImportSummary(
        inbox_id=inbox.id,
        file=result.get("file", ""),
        rows=result.get("rows", 0),
        set_aside=result.get("set_aside", 0),
        stored=Stored(**figures),
        reasons=Counter(result.get("reasons", {})),
        taken_out=result.get("taken_out"),
        finished_before=inbox.handled_at if inbox.status == "done" else None,
    )
