"""Importing uploads: the file is laid out on this machine, and taken in as ``leadflow import``
does."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from leadflow.accounts.asked_earlier import AskerGone, as_they_are
from leadflow.audit import service as audit
from leadflow.database.engine import unit_of_work
from leadflow.database.tables import InboxRow
from leadflow.failures import describe
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
from leadflow.observability.logs import get_logger
from leadflow.settings import Settings
from leadflow.uploads import claims
from leadflow.uploads.claims import AGAIN_AFTER, ATTEMPTS, ClaimLost, Held
from leadflow.uploads.parts import FileGone, drop_parts, laid_out
from leadflow.uploads.service import WRITE
from leadflow.uploads.tables import Upload

log = get_logger(__name__)
MISTAKE = (
    "Leadflow made a mistake, which is in its log. Start it again: it goes on where it stopped. Or "
    "tell whoever runs it."
)
ANYWAY = 'POST /imports/{}/start with {{"anyway": true}}'
# What will not be otherwise however often it is tried.
REFUSED = (AskerGone, FileGone, ImportUndone, MappingError, TooManySetAside, UnreadableFile)


class Ending(RuntimeError):
    """The process ends; another goes on."""


@dataclass(frozen=True)
class Importer:
    """Imports uploads, one after the other. ``holder`` names its process in the rows it claims;
    once ``ending`` is true it stops after the next batch."""

    engine: Engine
    settings: Settings
    clock: Callable[[], datetime]
    holder: str
    ending: Callable[[], bool] = lambda: False

    def import_next(self) -> int:
        """Import the upload that has waited longest; 1, or 0 where there is none."""
        with self._unit() as session:
            held = claims.claim(session, self.holder, self.clock())
        if held is None:
            return 0
        try:
            self._import(held)
        except ClaimLost:
            log.warning("an upload is imported by somebody else", upload_id=held.upload_id)
        except Ending:
            self._again(held, self.clock(), in_vain=False)
        except REFUSED as error:
            self._failed(held, str(error))
        except ImportInterrupted:
            # Somebody at the machine imports the same file: what they do is not done again.
            self._again(held, self.clock() + AGAIN_AFTER, in_vain=False)
        except Exception as error:
            log.error("an import failed", upload_id=held.upload_id, exc_info=error)
            self._again(held, self.clock() + AGAIN_AFTER, in_vain=True)
        return 1

    def _import(self, held: Held) -> None:
        now = self.clock()
        with self._unit() as session:
            upload = session.get_one(Upload, held.upload_id)
            started_by = upload.started_by or upload.uploaded_by
            as_they_are(session, started_by, (WRITE,), now)
            _refuse_undone(session, upload)
        follower = _Follower(self, held)
        bringer = Bringer(
            started_by, ANYWAY.format(upload.id), upload.received_at, follower.accepted
        )
        with laid_out(upload, self._unit) as path:
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
        self._done(held, summary)

    def _done(self, held: Held, summary: ImportSummary) -> None:
        with self._unit() as session:
            upload = claims.hold(session, held)
            upload.state, upload.ended_at, upload.expires_at = "done", self.clock(), None
            # It quotes the file, and is answered.
            upload.proposal, upload.known_since = None, summary.finished_before
            drop_parts(session, [upload.id])
            told = {"import": summary.inbox_id, **summary.counts()}
            audit.record(session, upload.started_by or "", "import.done", upload.id, told)

    def _again(self, held: Held, after: datetime, in_vain: bool) -> None:
        """Another attempt goes on from a moment on; none, after too many that came to nothing."""
        try:
            with self._unit() as session:
                if in_vain and claims.hold(session, held).in_vain >= ATTEMPTS:
                    self._fail(session, held, MISTAKE)
                else:
                    claims.give_back(session, held, after, in_vain)
        except ClaimLost as lost:
            log.warning(describe(lost), upload_id=held.upload_id)

    def _failed(self, held: Held, error: str) -> None:
        try:
            with self._unit() as session:
                self._fail(session, held, error)
        except ClaimLost as lost:
            log.warning(describe(lost), upload_id=held.upload_id)

    def _fail(self, session: Session, held: Held, error: str) -> None:
        upload = claims.hold(session, held)
        upload.state, upload.error, upload.ended_at = "failed", error, self.clock()
        audit.record(session, upload.started_by or "", "import.failed", upload.id)

    def _unit(self) -> AbstractContextManager[Session]:
        return unit_of_work(self.engine)


def _refuse_undone(session: Session, upload: Upload) -> None:
    """Nothing goes on that somebody has taken back since it was started."""
    if upload.inbox_id is not None:
        inbox = session.get_one(InboxRow, upload.inbox_id)
        if inbox.status == "undone":
            raise ImportUndone(f"This import of {upload.file} was undone. It stops.")


@dataclass
class _Follower:
    """Is told how far an import is, and holds its upload meanwhile."""

    importer: Importer
    held: Held
    went_on: bool = False

    def accepted(self, import_id: str) -> None:
        """What is imported is recorded under this id; perhaps some of it was before."""
        with unit_of_work(self.importer.engine) as session:
            upload = claims.hold(session, self.held)
            upload.inbox_id = import_id
            result = session.get_one(InboxRow, import_id).result or {}
            self.went_on = bool(result.get("rows"))

    def further(self, _rows: int) -> None:
        """More rows are stored; the first time, perhaps those of an earlier attempt."""
        if self.importer.ending():
            raise Ending
        if self.went_on:
            self.went_on = False
            return
        with unit_of_work(self.importer.engine) as session:
            claims.keep(session, self.held, self.importer.clock())
