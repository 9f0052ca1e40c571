"""Heads of the chain as they stand in a file outside the database, one a line."""

import json
from dataclasses import dataclass
from pathlib import Path

from leadflow.audit import chain
from leadflow.settings import Settings


class HeadsUnreadable(RuntimeError):
    """A file of exported heads is missing, or holds what was not exported with this secret key."""


@dataclass(frozen=True)
class ExportedHead:
    """One line of the file: the moment (ISO 8601), the last row then, its hash, and the seal."""

    at: str
    number: int
    entry_hash: str
    mac: str


def heads_file(settings: Settings) -> Path:
    """Where heads are exported to."""
    return (settings.audit_folder or settings.home / "audit") / "heads.jsonl"


def read_heads(path: Path) -> list[ExportedHead]:
    """Every head of a file, in its order. A last line that was not finished is none.

    Raises:
        HeadsUnreadable: there is no such file, or a line was not exported with this secret key.
    """
    try:
        lines = path.read_bytes().split(b"\n")[:-1]
    except OSError as error:
        raise HeadsUnreadable(f"{path} cannot be read: {error.strerror}.") from error
    heads = []
    for number, line in enumerate(lines, 1):
        head = _parse(line)
        if head is None:
            raise HeadsUnreadable(
                f"Line {number} of {path} was not exported by this installation: it was changed, "
                "or another secret key is in use now. Set the right LEADFLOW_SECRET_KEY; where "
                "this installation was begun anew with another key, move the file away and keep it."
            )
        heads.append(head)
    return heads


def _parse(line: bytes) -> ExportedHead | None:
    try:
        head = ExportedHead(**json.loads(line))
        mac = chain.seal_exported(chain.chain_key(), head.at, head.number, head.entry_hash)
    except (ValueError, TypeError):
        return None
    return head if mac == head.mac else None
