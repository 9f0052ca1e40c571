"""What is done with an upload once its file is there: start it, undo it, let it go."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.audit import service as audit
from leadflow.audit.entries import Entry
from leadflow.database.leased import OPEN
from leadflow.database.tables import InboxRow
from leadflow.intake.undoing import AlreadyUndone, Undone, undo_import
from leadflow.leads.files.mapping import parse_mapping
from leadflow.leads.imports.listing import NoSuchImport
from leadflow.uploads.parts import drop_parts
from leadflow.uploads.tables import UPLOADS, ImportUndoing, Upload

READ, WRITE = "import.read", "import.write"
# How long it can be seen that a file was sent which was never imported.
KEPT = timedelta(days=30)
DIED = (
    f"It was begun {UPLOADS.most} times in a row, and no process came further. Send the file in "
    "parts, or tell whoever runs Leadflow."
)
# Whose file is there, and is worked on by nobody.
AT_REST = ("uploaded", "failed")


class MappingOpen(RuntimeError):
    """A proposal cannot be taken as it is."""

    def __init__(self, upload_id: str, questions: Sequence[str]) -> None:
        asked = "\n".join(f"- {question}" for question in questions)
        super().__init__(
            f"The proposal leaves open what only you can answer:\n{asked}\nSend the mapping with "
            f"the answers: PUT /imports/{upload_id}/mapping"
        )


class ImportElsewhere(RuntimeError):
    """What is asked cannot be done with an import in this state."""

    def __init__(self, upload: Upload, state: str | None = None) -> None:
        said = state or upload.state
        known = said == "done" and upload.known_since is not None
        super().__init__(f"The import {upload.id} is {said}. {KNOWN if known else _AFTER[said]}")


class NotBegun(RuntimeError):
    """Nothing of a file was imported, so that nothing can be taken back."""

    def __init__(self, upload_id: str) -> None:
        super().__init__(
            f"Nothing of {upload_id} was imported. To let its file go: DELETE /imports/{upload_id}"
        )


class NothingChanged(NotBegun):
    """All that a file says was imported before, so that nothing can be taken back."""

    def __init__(self, upload_id: str, same_as: str) -> None:
        RuntimeError.__init__(
            self,
            f"{upload_id} changed nothing: the same file was imported before by the same mapping. "
            f"To take that back: POST /imports/{same_as}/undo",
        )


KNOWN = (
    "All of it was imported before, and it changed nothing. Another mapping for the same file: "
    "send the file again."
)
_AFTER = {
    "queued": "To have it otherwise, DELETE it and send the file again.",
    "running": "Look again later, or undo it: POST /imports/ID/undo.",
    "done": "Another mapping for the same file: send the file again. To take it back: undo it.",
    "gone": "Its file is not kept any more. Send it again.",
    "uploaded": "Start it: POST /imports/ID/start.",
    "failed": "`error` says why. Start it again, or undo it: POST /imports/ID/undo.",
    "undoing": "Look again later. To import the file anew, send it again once it is undone.",
    "undone": "To import the file anew, send it again.",
}


class Retention(NamedTuple):
    """How long files are kept that are not imported."""

    days: int

    def until(self, now: datetime) -> datetime:
        """When a file goes that is kept from now on."""
        return now + timedelta(days=self.days)


def get(session: Session, import_id: str, lock: bool = False) -> Upload:
    """An upload whose file has come.

    Raises:
        NoSuchImport: there is none of this id.
    """
    upload = session.get(Upload, import_id, with_for_update=lock)
    if upload is None or upload.state == "arriving":
        raise NoSuchImport(import_id)
    return upload


def at_rest(session: Session, import_id: str) -> Upload:
    """The same, for this transaction, where nobody imports it.

    Raises:
        NoSuchImport, ImportElsewhere: there is none, or it is imported or gone.
    """
    upload = get(session, import_id, lock=True)
    if upload.state not in AT_REST:
        raise ImportElsewhere(upload, _taken_back(session, upload))
    return upload


def start(
    session: Session, import_id: str, anyway: bool, caller: Actor, kept: Retention, now: datetime
) -> Upload:
    """Have it imported by a background process, by the mapping that was sent, else by the proposal.

    Raises:
        NoSuchImport, ImportElsewhere: as ``at_rest``.
        MappingOpen: no mapping was sent, and the proposal leaves something open.
    """
    upload = at_rest(session, import_id)
    if upload.mapping is None:
        proposal = upload.proposal or {}
        if proposal["questions"]:
            raise MappingOpen(upload.id, proposal["questions"])
        upload.mapping = parse_mapping(proposal["mapping"]).model_dump(mode="json")
    if upload.inbox_id is not None:
        inbox = session.get_one(InboxRow, upload.inbox_id)
        if inbox.status == "undone":  # what was taken back is imported anew
            upload.inbox_id = upload.known_since = None
    upload.state, upload.started_by, upload.anyway = "queued", caller.id, anyway
    upload.due_at, upload.in_vain, upload.error, upload.ended_at = now, 0, None, None
    upload.expires_at = kept.until(now)
    audit.record(session, caller.id, "import.started", upload.id, {"anyway": anyway})
    return upload


def imported_as(session: Session, import_id: str) -> str:
    """Under which id it is recorded what was imported: of a file that was sent, or of one that was
    brought in on the machine, whose id that is.

    Raises:
        NoSuchImport, NotBegun: there is no such file, or nothing of it was imported.
        NothingChanged: all of it was imported before.
    """
    upload = session.get(Upload, import_id)
    if upload is None:
        return import_id
    if upload.own_inbox_id is not None:
        return upload.own_inbox_id
    if upload.inbox_id is not None:
        same = upload.inbox_id
        raise NothingChanged(upload.id, brought_in_as(session, [same]).get(same, same))
    raise NotBegun(get(session, import_id).id)


def brought_in_as(session: Session, inbox_ids: Sequence[str]) -> dict[str, str]:
    """The id under which each import is shown that a file was sent for: that of the first."""
    asked = (
        select(Upload.inbox_id, func.min(Upload.id))
        .where(Upload.inbox_id.in_(inbox_ids), Upload.known_since.is_(None))
        .group_by(Upload.inbox_id)
    )
    return {str(inbox_id): first for inbox_id, first in session.execute(asked)}


def _taken_back(session: Session, upload: Upload) -> str | None:
    """``undone``, or ``undoing``, where an import that is done is no more, or soon."""
    if upload.state != "done" or upload.own_inbox_id is None:
        return None
    if session.get_one(InboxRow, upload.own_inbox_id).status == "undone":
        return "undone"
    asked = select(ImportUndoing.id).where(
        ImportUndoing.inbox_id == upload.own_inbox_id, ImportUndoing.state.in_(OPEN)
    )
    return None if session.scalars(asked).first() is None else "undoing"


def would_undo(session: Session, import_id: str, caller: Actor, now: datetime) -> Undone:
    """What would be taken back of an import, whoever brought it in; nothing is changed.

    Raises:
        NoSuchImport, AlreadyUndone, NotBegun, NothingChanged: there is nothing to take back.
    """
    inbox_id = imported_as(session, import_id)
    with session.begin_nested() as whole:
        try:
            done = undo_import(session, inbox_id, now, caller.id)
        except AlreadyUndone as error:
            raise AlreadyUndone(import_id) from error
        whole.rollback()
    return done


def let_go(session: Session, import_id: str, caller: Actor, now: datetime) -> None:
    """Delete the file of an upload that is not imported yet.

    Raises:
        NoSuchImport, ImportElsewhere: there is none, or it is too late for that.
    """
    upload = get(session, import_id, lock=True)
    if upload.state not in (*AT_REST, "queued"):
        raise ImportElsewhere(upload, _taken_back(session, upload))
    _end(upload, now)
    drop_parts(session, [upload.id])
    audit.record(session, caller.id, "import.file_deleted", upload.id)


def settle(session: Session, now: datetime) -> int:
    """Delete files whose time is over, and those that never came whole; give up imports that were
    begun too often. How many there were."""
    over = Upload.expires_at <= now
    arriving = delete(Upload).where(over, Upload.state == "arriving")
    session.execute(arriving)
    given_up = _give_up(session, now)
    due = select(Upload).where(over, Upload.state.in_(AT_REST))
    gone = session.scalars(due.with_for_update(skip_locked=True)).all()
    for upload in gone:
        _end(upload, now)
    drop_parts(session, [upload.id for upload in gone])
    session.execute(
        delete(Upload).where(
            Upload.state == "gone", Upload.ended_at < now - KEPT, Upload.inbox_id.is_(None)
        )
    )
    entries = [Entry("leadflow", "import.failed", one, why=DIED) for one in given_up]
    entries += [Entry("leadflow", "import.file_deleted", one.id) for one in gone]
    audit.record_many(session, entries)
    return len(entries)


def _give_up(session: Session, now: datetime) -> Iterable[str]:
    due = select(Upload.id).where(UPLOADS.abandoned(now)).with_for_update(skip_locked=True)
    values = {"state": "failed", "error": DIED, "ended_at": now}
    statement = update(Upload).where(Upload.id.in_(due)).values(values).returning(Upload.id)
    return session.scalars(statement).all()


def _end(upload: Upload, now: datetime) -> None:
    upload.state, upload.ended_at, upload.expires_at = "gone", now, None
    upload.proposal = upload.error = None
