"""The file of an upload: kept in parts as it arrives, and laid out while it is read."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import delete
from sqlalchemy.orm import Session

from leadflow.uploads.tables import Upload, UploadPart

UnitOfWork = Callable[[], AbstractContextManager[Session]]


class FileGone(RuntimeError):
    """The file is not there any more: it was taken away, or its time is over."""

    def __init__(self, upload_id: str) -> None:
        super().__init__(f"The file of {upload_id} is not kept any more. Send it again.")


def add_part(session: Session, upload: Upload, content: bytes) -> None:
    """Store one more part, after those that are there."""
    session.add(UploadPart(upload_id=upload.id, number=upload.parts, content=content))
    upload.parts += 1
    upload.size += len(content)
    session.flush()


def drop_parts(session: Session, upload_ids: list[str]) -> None:
    """Delete all that is stored of these files."""
    if upload_ids:
        session.execute(delete(UploadPart).where(UploadPart.upload_id.in_(upload_ids)))


def read_parts(upload: Upload, unit_of_work: UnitOfWork) -> Iterator[bytes]:
    """The content, part by part, each read by itself.

    Raises:
        FileGone: it is not there, or not all of it.
    """
    for number in range(upload.parts):
        with unit_of_work() as session:
            part = session.get(UploadPart, (upload.id, number))
        if part is None:
            raise FileGone(upload.id)
        yield part.content


@contextmanager
def laid_out(upload: Upload, unit_of_work: UnitOfWork) -> Iterator[Path]:
    """The file under its own name, for as long as the block lasts, on this machine.

    Its content has no name in any folder: what is there is a link to the open file of this process.
    However the process ends, nothing that can be read stays behind.

    Raises:
        FileGone: see ``read_parts``.
    """
    with ExitStack() as until:
        folder = until.enter_context(tempfile.TemporaryDirectory(prefix="leadflow-"))
        file = until.enter_context(tempfile.TemporaryFile(dir=folder))
        for part in read_parts(upload, unit_of_work):
            file.write(part)
        file.flush()
        path = Path(folder) / upload.file
        path.symlink_to(f"/proc/{os.getpid()}/fd/{file.fileno()}")
        yield path
