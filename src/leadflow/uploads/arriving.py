"""A file arrives: piece by piece into the store, looked at once it is whole."""

from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.audit import service as audit
from leadflow.leads.files.formats.reading import refuse_other_kinds
from leadflow.leads.files.formats.tables_of_text import UnreadableFile
from leadflow.leads.files.proposing.proposal import Proposal
from leadflow.leads.files.proposing.proposed_file import propose_for
from leadflow.leads.imports.mapping_truth import asked_by_earlier_files
from leadflow.uploads.parts import FileGone, UnitOfWork, add_part, laid_out
from leadflow.uploads.service import AT_REST, Retention
from leadflow.uploads.tables import Upload
from leadflow.uploads.unpacked import refuse_bombs

MOST_KEPT = 20
# A file whose sender has gone is taken away after this time.
ARRIVES_WITHIN = timedelta(hours=6)
WITH_FILE = ("arriving", "uploaded", "queued", "running", "failed")


class UploadsKept(RuntimeError):
    """Somebody has sent many files that are not imported."""

    def __init__(self, oldest: str | None) -> None:
        room = (
            "They are being imported: send it again later."
            if oldest is None
            else f"Start one that waits or let it go, the oldest first: DELETE /imports/{oldest}"
        )
        super().__init__(f"{MOST_KEPT} files of yours are kept and not imported yet. {room}")


def begin(session: Session, file: str, source: str | None, caller: Actor, now: datetime) -> Upload:
    """Make room for a file that comes. The caller has the permission.

    Raises:
        UnreadableFile: its name says that it is of a kind that cannot be read, or is none.
        UploadsKept: too many files of theirs are kept.
    """
    refuse_other_kinds(Path(file))
    if not file.split(".")[0].strip():
        raise UnreadableFile(f"{file} is an ending without a name: call it such as leads{file}")
    ours = select(func.count()).where(Upload.uploaded_by == caller.id)
    if (session.scalar(ours.where(Upload.state.in_(WITH_FILE))) or 0) >= MOST_KEPT:
        at_rest = select(func.min(Upload.id)).where(
            Upload.uploaded_by == caller.id, Upload.state.in_(AT_REST)
        )
        raise UploadsKept(session.scalar(at_rest))
    upload = Upload(
        uploaded_by=caller.id,
        received_at=now,
        file=file,
        source=source,
        due_at=now,
        expires_at=now + ARRIVES_WITHIN,
    )
    session.add(upload)
    session.flush()
    return upload


def take(session: Session, upload_id: str, content: bytes) -> None:
    """Store the next piece.

    Raises:
        FileGone: it took too long.
    """
    upload = session.get(Upload, upload_id, with_for_update=True)
    if upload is None:
        raise FileGone(upload_id)
    add_part(session, upload, content)


def forget(session: Session, upload_id: str) -> None:
    """Take away what has come of a file."""
    upload = session.get(Upload, upload_id)
    if upload is not None and upload.state == "arriving":
        session.delete(upload)


def same_file(
    session: Session, upload: Upload, content_hash: str, encoding: str | None
) -> Upload | None:
    """The upload of the same caller with the same content, name, source and encoding, whose file is
    there and was not imported: whoever sends a file again is answered with that one."""
    known = session.scalars(
        select(Upload)
        .where(
            Upload.content_hash == content_hash,
            Upload.uploaded_by == upload.uploaded_by,
            Upload.source.is_not_distinct_from(upload.source),
            Upload.state.in_(("uploaded", "queued", "running", "failed")),
        )
        .order_by(Upload.id.desc())
    )
    same = (one for one in known if one.file == upload.file and one.said_encoding == encoding)
    return next(same, None)


def arrived(
    unit_of_work: UnitOfWork,
    upload_id: str,
    content_hash: str,
    most: int,
    kept: Retention,
    now: datetime,
    encoding: str | None = None,
) -> tuple[Upload, bool]:
    """The file is whole: propose what its columns mean. Whether it is new, and not one that the
    caller has sent before.

    Args:
        most: so many bytes a file may have.
        encoding: what its text is written in, where somebody says so.

    Raises:
        UnreadableFile: it is no table.
    """
    with unit_of_work() as session:
        upload = session.get_one(Upload, upload_id)
        known = same_file(session, upload, content_hash, encoding)
        if known is not None:
            session.delete(upload)
            return known, False
    with laid_out(upload, unit_of_work) as path:
        refuse_bombs(path, most)
        named = upload.source or upload.file.split(".")[0]
        proposal = propose_for(path, named, now, encoding)
    with unit_of_work() as session:
        upload = session.get_one(Upload, upload_id, with_for_update=True)
        upload.proposal, upload.rows = _kept(session, proposal), proposal.rows
        upload.state, upload.content_hash = "uploaded", content_hash
        upload.expires_at = kept.until(now)
        told = {"rows": proposal.rows, "bytes": upload.size}
        audit.record(session, upload.uploaded_by, "import.uploaded", upload.id, told)
    return upload, True


def _kept(session: Session, proposal: Proposal) -> dict[str, Any]:
    questions = proposal.questions or asked_by_earlier_files(session, proposal)
    return {
        "mapping": proposal.content,
        "columns": [asdict(column) for column in proposal.columns],
        "first": list(proposal.first),
        "repeats": proposal.repeats,
        "notes": proposal.notes,
        "questions": questions,
    }
