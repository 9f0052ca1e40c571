"""Which installation a command is for, wherever it is typed: its home and its ``.env``."""

import os
import re
import sys
from pathlib import Path

HOME = ".leadflow"
ENV = ".env"
OURS = re.compile(r"\s*(?:export\s+)?LEADFLOW_", re.IGNORECASE)
# Of a checkout: src/leadflow/installation.py. Elsewhere this is nothing of ours.
_SOURCE = Path(__file__).resolve().parents[2]


def folder(start: Path | None = None) -> Path:
    """The folder whose ``.leadflow`` and ``.env`` count: the nearest that has one of them, of the
    one we are in and those above it; else the one Leadflow is installed in; else where we are.

    A folder of somebody else's is passed over: its ``.env`` would decide what runs in our name.
    """
    here = start or Path.cwd()
    for found in (here, *here.parents):
        if _is_ours(found / HOME, of_leadflow=True) or _is_ours(found / ENV, of_leadflow=False):
            return found
    for installed in (_SOURCE, Path(sys.prefix).parent):
        if _holds_project(installed) or (installed / HOME).is_dir():
            return installed
    return here


def _is_ours(path: Path, of_leadflow: bool) -> bool:
    """Whether it is there, is its user's own, and is about Leadflow: a file ``.env`` may be any
    program's."""
    try:
        if path.stat().st_uid != os.geteuid():
            return False
        if of_leadflow:
            return path.is_dir()
        return any(map(OURS.match, path.read_text("utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError):
        return False


def _holds_project(found: Path) -> bool:
    return (found / "pyproject.toml").exists() and (found / "src" / "leadflow").is_dir()
