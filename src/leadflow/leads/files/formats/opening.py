"""The bytes of a text file, packed or not, and what a file is that only looks like one."""

import gzip
import io
import zlib
from pathlib import Path
from typing import IO

from leadflow.leads.files.formats.tables_of_text import UnreadableFile

PACKED = b"\x1f\x8b"
SPREADSHEET = (
    "a spreadsheet or an archive. Give it its own ending, such as .xlsx, or save it as CSV"
)
# How files of other kinds begin.
OTHERS = {
    b"%PDF": "a PDF. Export the table as CSV",
    b"{\\rtf": "a text document. Save the table as CSV",
    b"<!doctype": "a web page. Download the file itself, or save the table as CSV",
    b"<html": "a web page. Download the file itself, or save the table as CSV",
    b"<?xml": "XML. Save the table as CSV",
    b"PK\x03\x04": SPREADSHEET,
    b"\xd0\xcf\x11\xe0": SPREADSHEET,
}
BROKEN = (gzip.BadGzipFile, EOFError, zlib.error)


def open_bytes(path: Path) -> IO[bytes]:
    """The file's bytes, unpacked where it is packed with gzip, whatever its name says."""
    with path.open("rb") as stream:
        packed = stream.read(len(PACKED)) == PACKED
    if not packed:
        return path.open("rb")
    return io.BufferedReader(_Unpacked(path))


def first_bytes(path: Path, count: int) -> bytes:
    """How the file begins.

    Raises:
        UnreadableFile: it is a file of another kind, or its packing is damaged.
    """
    with open_bytes(path) as stream:
        beginning = stream.read(count)
    start = beginning[:64].lstrip().lower()
    for sign, kind in OTHERS.items():
        if start.startswith(sign.lower()):
            raise UnreadableFile(f"{path.name} is no text with columns, but {kind}.")
    return beginning


class _Unpacked(io.RawIOBase):
    """A packed file, whose damage is said as that of the file."""

    def __init__(self, path: Path) -> None:
        self._path, self._packed = path, gzip.GzipFile(path, "rb")

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        """Unpack the next bytes."""
        try:
            found = self._packed.read(len(buffer))
        except BROKEN as error:
            raise UnreadableFile(
                f"{self._path.name} is damaged: it is packed, and ends or breaks off within. Pack "
                "or download it again."
            ) from error
        buffer[: len(found)] = found
        return len(found)

    def close(self) -> None:
        """Close the file below too."""
        self._packed.close()
        super().close()
