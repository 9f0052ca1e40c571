"""Files that are small as they are sent and without end once they are unpacked."""

import zipfile
from pathlib import Path

from leadflow.leads.files.formats.opening import PACKED, open_bytes
from leadflow.leads.files.formats.tables_of_text import UnreadableFile

# Of what may be sent: tables shrink to a tenth, seldom to a twentieth.
TIMES = 20
BLOCK = 2**20


def refuse_bombs(path: Path, most: int) -> None:
    """Make sure that a file, packed with gzip or as spreadsheets are, is not more than ``most``
    bytes times twenty once it is unpacked.

    Raises:
        UnreadableFile: it is more, or its packing is damaged.
    """
    with path.open("rb") as stream:
        beginning = stream.read(4)
    if beginning.startswith(PACKED):
        _refuse_packed(path, most * TIMES)
    elif beginning == b"PK\x03\x04" and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            # Whoever unpacks it reads no further than what is said here.
            _refuse(path, sum(one.file_size for one in packed.infolist()), most * TIMES)


def _refuse_packed(path: Path, most: int) -> None:
    size = 0
    with open_bytes(path) as stream:
        while block := stream.read(BLOCK):
            size += len(block)
            _refuse(path, size, most)


def _refuse(path: Path, size: int, most: int) -> None:
    if size > most:
        raise UnreadableFile(
            f"{path.name} is more than {most // BLOCK:,} MB once it is unpacked. Send it in parts."
        )
