"""Taking imports back in the background: all of one or nothing, and how far it is meanwhile."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.accounts.asked_earlier import AskerGone, as_they_are
from leadflow.audit import service as audit
from leadflow.audit.entries import Entry
from leadflow.database.leased import Claim, Leases
from leadflow.database.leased_work import PutOff, Worker
from leadflow.intake.undoing import AlreadyUndone, Undone, undo_import
from leadflow.leads.imports.listing import NoSuchImport, lock_import
from leadflow.uploads.service import WRITE, imported_as
from leadflow.uploads.tables import UNDOINGS, ImportUndoing

# Leads that stay and are named with the result; how many there are is counted.
MOST_NAMED = 1000
MEANWHILE = "It was undone meanwhile, on the machine; nothing is left to do."
MISTAKE = (
    "Leadflow made a mistake, which is in its log, and nothing was changed. Undo it again, or tell "
    "whoever runs it."
)
DIED = (
    f"It was begun {UNDOINGS.most} times, and no process came to its end. Nothing was changed. "
    "Undo it on the machine: leadflow imports undo ID"
)


def ask(session: Session, import_id: str, caller: Actor, now: datetime) -> ImportUndoing:
    """Have an import taken back by a background process; where that was asked for and is not over,
    that is it.

    Raises:
        NoSuchImport, NotBegun: there is nothing to take back.
        AlreadyUndone: it was taken back before.
    """
    inbox = lock_import(session, imported_as(session, import_id))
    if inbox.status == "undone":
        raise AlreadyUndone(import_id)
    ours = select(ImportUndoing).where(ImportUndoing.inbox_id == inbox.id)
    under_way = session.scalars(ours.where(ImportUndoing.state.in_(("queued", "running")))).first()
    if under_way is not None:
        return under_way
    undoing = ImportUndoing(inbox_id=inbox.id, asked_by=caller.id, asked_at=now, due_at=now)
    session.add(undoing)
    session.flush()
    audit.record(session, caller.id, "import.undo_asked", import_id)
    return undoing


def settle(session: Session, now: datetime) -> int:
    """Give up what was begun too often; how many."""
    due = select(ImportUndoing.id).where(UNDOINGS.abandoned(now))
    given_up = session.scalars(
        update(ImportUndoing)
        .where(ImportUndoing.id.in_(due.with_for_update(skip_locked=True)))
        .values(state="failed", error=DIED, ended_at=now)
        .returning(ImportUndoing.inbox_id)
    ).all()
    audit.record_many(
        session, [Entry("leadflow", "import.undo_failed", one, why=DIED) for one in given_up]
    )
    return len(given_up)


@dataclass(frozen=True)
class Undoer(Worker[ImportUndoing]):
    """Takes imports back, one after the other."""

    refused = (AlreadyUndone, AskerGone, NoSuchImport)
    mistake = MISTAKE

    @property
    def leases(self) -> Leases[ImportUndoing]:
        """Those on what is to be taken back."""
        return UNDOINGS

    def work(self, claim: Claim) -> None:
        """Take it back, in one transaction; how far that is, is said in others."""
        now = self.clock()
        with self.unit() as session:
            undoing = UNDOINGS.hold(session, claim)
            as_they_are(session, undoing.asked_by, (WRITE,), now)
            undoing.gone_through = 0
        with self.unit() as session:
            done = undo_import(
                session,
                undoing.inbox_id,
                now,
                undoing.asked_by,
                lambda through, leads: self._further(claim, through, leads),
            )
            undoing = UNDOINGS.hold(session, claim)
            undoing.state, undoing.ended_at = "done", self.clock()
            undoing.result = _told(done)

    def fail(self, session: Session, undoing: ImportUndoing, error: str) -> None:
        """Note why nothing was taken back."""
        undoing.state, undoing.error, undoing.ended_at = "failed", error, self.clock()
        audit.record(session, undoing.asked_by, "import.undo_failed", undoing.inbox_id, why=error)

    def why(self, error: Exception) -> str:
        """Whoever asked knows the import by another id than its record's."""
        return MEANWHILE if isinstance(error, AlreadyUndone) else super().why(error)

    def _further(self, claim: Claim, through: int, leads: int) -> None:
        if self.ending():
            raise PutOff
        with self.unit() as session:
            undoing = UNDOINGS.extend(session, claim, self.clock())
            undoing.gone_through, undoing.leads = through, leads


def _told(done: Undone) -> dict[str, object]:
    named = dict(list(done.stays.items())[:MOST_NAMED])
    return asdict(done) | {"stays": named, "stay": len(done.stays)}
