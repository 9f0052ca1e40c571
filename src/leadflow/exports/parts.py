"""The file of an export, in parts: written one after the other, and read in the same order."""

import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from leadflow.exports.tables import ExportPart, LeadExport

PART_BYTES = 2**20
UnitOfWork = Callable[[], AbstractContextManager[Session]]


class FileGone(RuntimeError):
    """The file was taken away while it was read."""


class Growing(io.RawIOBase):
    """A file that only grows. What was written is taken out of it in parts, so that no more than
    some of them is ever in memory."""

    def __init__(self) -> None:
        super().__init__()
        self._kept = bytearray()
        self._taken = 0

    def writable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """How many bytes were written so far."""
        return self._taken + len(self._kept)

    def write(self, content: object) -> int:
        """Add some bytes."""
        more = memoryview(content).cast("B")  # type: ignore[arg-type]
        self._kept += more
        return len(more)

    def take(self, rest: bool = False) -> list[bytes]:
        """The parts that are full by now; with ``rest``, what is left too."""
        whole = len(self._kept) if rest else len(self._kept) // PART_BYTES * PART_BYTES
        taken = bytes(self._kept[:whole])
        del self._kept[:whole]
        self._taken += whole
        return [taken[at : at + PART_BYTES] for at in range(0, whole, PART_BYTES)]


def add_parts(session: Session, export_id: str, attempt: int, parts: list[bytes]) -> None:
    """Store parts after those that are there of this attempt."""
    ours = ExportPart.export_id == export_id, ExportPart.attempt == attempt
    known = session.scalar(select(func.count()).select_from(ExportPart).where(*ours)) or 0
    session.add_all(
        ExportPart(export_id=export_id, attempt=attempt, number=known + at, content=part)
        for at, part in enumerate(parts)
    )
    session.flush()


def drop_parts(session: Session, export_id: str) -> None:
    """Delete all that is stored of a file."""
    session.execute(delete(ExportPart).where(ExportPart.export_id == export_id))


def read_parts(made: LeadExport, unit_of_work: UnitOfWork) -> Iterator[bytes]:
    """The content of a file that is done, part by part, each read by itself: nobody who downloads
    slowly holds up the store.

    Raises:
        FileGone: it has expired, or was cancelled, meanwhile.
    """
    left, number = made.size or 0, 0
    while left > 0:
        with unit_of_work() as session:
            part = session.get(ExportPart, (made.id, made.attempts, number))
        if part is None:
            raise FileGone(f"The file of {made.id} went while it was read. Ask for another.")
        left, number = left - len(part.content), number + 1
        yield part.content
