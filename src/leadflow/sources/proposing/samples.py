"""Sample deliveries in a file, to propose a source from or to try one on."""

import re
from typing import Any

from leadflow.leads.files.formats.tables_of_text import UnreadableFile
from leadflow.sources.bodies import BodyUnreadable, begins_as, read_body

DOCUMENT = re.compile(r"(?=<\?xml\b)")
HOW = "Write the body of one delivery a line; XML may go over several."


def read_samples(text: str) -> list[bytes]:
    """The bodies in a file: JSON or a form a line; XML too, or documents that each begin with
    ``<?xml``, or one document in all.

    Raises:
        UnreadableFile: a line is none of these, or there is none.
    """
    if not text.strip():
        raise UnreadableFile(f"The file is empty. {HOW}")
    samples = []
    for number, body in _parts(text):
        try:
            read_body(body, begins_as(body, "json"))
        except BodyUnreadable as error:
            said = str(error).replace("The body", f"Line {number}", 1)
            raise UnreadableFile(f"{said} {HOW}") from error
        samples.append(body)
    return samples


def values_of(samples: list[bytes]) -> list[Any]:
    """What the bodies say."""
    return [read_body(body, begins_as(body, "json")) for body in samples]


def _parts(text: str) -> list[tuple[int, bytes]]:
    lines = [(n, line.encode()) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not text.lstrip().startswith("<") or all(_is_whole(line) for _, line in lines):
        return lines
    documents = [part.strip() for part in DOCUMENT.split(text) if part.strip()]
    return [(number, part.encode()) for number, part in enumerate(documents, 1)]


def _is_whole(line: bytes) -> bool:
    try:
        read_body(line, "xml")
    except BodyUnreadable:
        return False
    return True
