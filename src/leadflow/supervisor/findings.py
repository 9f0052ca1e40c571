"""What an examination of an installation finds."""

from dataclasses import dataclass
from typing import Literal

from leadflow.database import embedded
from leadflow.settings import Settings

START = "Start the servers: leadflow up"


@dataclass(frozen=True)
class Finding:
    """One part: ``ok``, a ``note`` that matters only sometimes, or ``bad``, and how to mend it."""

    part: str
    mark: Literal["ok", "note", "bad"]
    what: str
    mend: str = ""


def embedded_is_down(settings: Settings) -> bool:
    """Nothing is asked of a server that asking would start."""
    return settings.database_url is None and embedded.running_pid(settings.home) is None
