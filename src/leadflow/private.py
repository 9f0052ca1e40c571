"""Folders that nobody else on the machine reads."""

import os
import stat
from contextlib import suppress
from pathlib import Path

# New files of a process with this mask are for their owner only.
UMASK = 0o077
# Where Leadflow runs as root, PostgreSQL runs as somebody else, who must get through to its folder.
THROUGH = 0o711
OWN = 0o700


def make_private(folder: Path) -> None:
    """Make the folder, or have it as it should be: others may not look into it. What lies in it
    need not be looked at: nobody gets there. A folder that is somebody else's stays as it is, and
    ``leadflow doctor`` says so."""
    folder.mkdir(parents=True, exist_ok=True, mode=OWN)
    if os.geteuid() != 0:
        _chmod(folder, OWN)
        return
    _chmod(folder, THROUGH)
    for inner in folder.iterdir():
        if inner.name != "postgres":
            _chmod(inner, OWN if inner.is_dir() else 0o600)


def _chmod(path: Path, mode: int) -> None:
    with suppress(PermissionError, FileNotFoundError):
        if path.stat().st_uid == os.geteuid() and not path.is_symlink():
            path.chmod(mode)


def is_private(folder: Path) -> bool:
    """Whether others cannot look into the folder."""
    others = stat.S_IMODE(folder.stat().st_mode) & UMASK
    return others == 0 or (os.geteuid() == 0 and others & 0o066 == 0)
