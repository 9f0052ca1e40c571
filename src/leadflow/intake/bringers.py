"""Who brings a file in: somebody at the command line, or a person or program over the API."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Bringer:
    """``actor`` is who it is in the audit log. ``anyway``: how they say to go on where many rows
    fail. ``since``: when the file was handed over, where that was before now. ``accepted`` is told
    the import's id before the first row is stored."""

    actor: str
    anyway: str
    since: datetime | None = None
    accepted: Callable[[str], None] = lambda _: None


COMMAND = Bringer("leadflow import", "--anyway")
