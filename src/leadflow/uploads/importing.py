"""Importing uploads: the file is laid out on this machine, and taken in as ``leadflow import``
does."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from leadflow.accounts.asked_earlier import AskerGone, as_they_are
from leadflow.audit import service as audit
from leadflow.database.leased import Claim, Leases
from leadflow.database.leased_work import AGAIN_AFTER, PutOff, Worker
from leadflow.database.tables import InboxRow
from leadflow.intake.files import (
    Bringer,
    ImportInterrupted,
    ImportSummary,
    ImportUndone,
    import_file,
)
from leadflow.intake.too_many_set_aside import TooManySetAside
from leadflow.leads.files.formats.tables_of_text import UnreadableFile
from leadflow.leads.files.mapping import MappingError, parse_mapping
from leadflow.uploads.parts import FileGone, drop_parts, laid_out
from leadflow.uploads.service import WRITE
from leadflow.uploads.tables import UPLOADS, Upload

MISTAKE = (
    "Leadflow made a mistake, which is in its log. Start it again: it goes on where it stopped. Or "
    "tell whoever runs it."
)
ANYWAY = 'POST /imports/{}/start with {{"anyway": true}}'
# What will not be otherwise however often it is tried.
REFUSED = (AskerGone, FileGone, ImportUndone, MappingError, TooManySetAside, UnreadableFile)


@dataclass(frozen=True)
class Importer(Worker[Upload]):
    """Imports uploads, one after the other. Another attempt goes on from the last batch that was
    stored."""

    refused = REFUSED
    mistake = MISTAKE

    @property
    def leases(self) -> Leases[Upload]:
        """Those on uploads."""
        return UPLOADS

    def work(self, claim: Claim) -> None:
        """Import what is left of the file."""
        now = self.clock()
        with self.unit() as session:
            upload = session.get_one(Upload, claim.row_id)
            started_by = upload.started_by or upload.uploaded_by
            as_they_are(session, started_by, (WRITE,), now)
            _refuse_undone(session, upload)
        follower = _Follower(self, claim)
        bringer = Bringer(
            started_by, ANYWAY.format(upload.id), upload.received_at, follower.accepted
        )
        with laid_out(upload, self.unit) as path:
            try:
                summary = import_file(
                    path,
                    parse_mapping(upload.mapping or {}),
                    self.settings,
                    self.engine,
                    now,
                    follower.further,
                    upload.anyway,
                    bringer,
                )
            except ImportInterrupted as error:
                # Somebody else imports the same file: what they do is not done again.
                follower.stand_back()
                raise PutOff(AGAIN_AFTER) from error
        self._done(claim, summary)

    def _done(self, claim: Claim, summary: ImportSummary) -> None:
        with self.unit() as session:
            upload = UPLOADS.hold(session, claim)
            upload.state, upload.ended_at, upload.expires_at = "done", self.clock(), None
            # It quotes the file, and is answered.
            upload.proposal = None
            drop_parts(session, [upload.id])
            counts = {"same": True} if upload.known_since is not None else summary.counts()
            told = {"import": summary.inbox_id, **counts}
            audit.record(session, upload.started_by or "", "import.done", upload.id, told)

    def fail(self, session: Session, upload: Upload, error: str) -> None:
        """Note why not all of it is imported."""
        upload.state, upload.error, upload.ended_at = "failed", error, self.clock()
        audit.record(session, upload.started_by or "", "import.failed", upload.id)


def _refuse_undone(session: Session, upload: Upload) -> None:
    """Nothing goes on that somebody has taken back since it was started."""
    if upload.own_inbox_id is not None:
        inbox = session.get_one(InboxRow, upload.own_inbox_id)
        if inbox.status == "undone":
            raise ImportUndone(f"This import of {upload.file} was undone. It stops.")


@dataclass
class _Follower:
    """Is told how far an import is, and holds its upload meanwhile. ``has_part``: some of it was
    stored for this upload."""

    importer: Importer
    claim: Claim
    went_on: bool = False
    has_part: bool = False

    def accepted(self, import_id: str) -> None:
        """What is imported is recorded under this id; perhaps some of it was before, or all of it
        by another import, and this one does nothing."""
        with self.importer.unit() as session:
            upload = UPLOADS.hold(session, self.claim)
            inbox = session.get_one(InboxRow, import_id)
            self.has_part = upload.own_inbox_id == import_id
            known = inbox.status == "done" and not self.has_part
            upload.inbox_id, upload.known_since = import_id, inbox.handled_at if known else None
            self.went_on = bool((inbox.result or {}).get("rows"))

    def stand_back(self) -> None:
        """What another process imports is not of this upload, which has stored nothing of it."""
        if not self.has_part:
            with self.importer.unit() as session:
                UPLOADS.hold(session, self.claim).inbox_id = None

    def further(self, _rows: int) -> None:
        """More rows are stored; the first time, perhaps those of an earlier attempt."""
        if self.importer.ending():
            raise PutOff
        if self.went_on:
            self.went_on = False
            return
        self.has_part = True
        with self.importer.unit() as session:
            UPLOADS.extend(session, self.claim, self.importer.clock(), lasting=True)
