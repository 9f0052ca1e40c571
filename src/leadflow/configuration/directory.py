"""A directory of files applied as a whole, and written from what is in force."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from leadflow.configuration import service
from leadflow.configuration.files import Fault, Given, files_in, read_folder
from leadflow.configuration.kinds import KINDS
from leadflow.configuration.service import Applicant, ConfigurationRefused, KindApplied

FOLLOWS = "Where one file names what another says, a fault of one can be the other's."


class FilesInvalid(ValueError):
    """Files that cannot be applied; ``faults`` has everything that is wrong."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        lines = [*map(str, self.faults), "Nothing was stored."]
        if len({fault.file for fault in faults}) > 1:
            lines.append(FOLLOWS)
        super().__init__("\n".join(lines))


class NoConfiguration(ValueError):
    """A directory that is missing, or has nothing to apply."""


class NotOurs(ValueError):
    """A directory that has other files than those that are written."""


def apply(
    session: Session, folder: Path, by: Applicant, now: datetime, take_out: bool = False
) -> list[KindApplied]:
    """Store what a directory says, where it differs from what is in force: all of it, or nothing.
    ``take_out``: and take out what is in force and not there, where its kind can be.

    Raises:
        NoConfiguration: there is nothing to apply.
        FilesInvalid: with everything that is wrong, by file and line.
    """
    given, faults = _read(folder)
    contents = {name: one.content for name, one in given.items()}
    try:
        with session.begin_nested():
            outcomes = service.apply(session, contents, by, now, take_out)
            if faults:
                raise FilesInvalid(faults)
    except ConfigurationRefused as error:
        for kind, found in error.by_kind:
            reason = f"{found.place}: {found.problem}" if found.place else found.problem
            faults.append(Fault(*given[kind].where(found.place), reason))
        raise FilesInvalid(faults) from error
    return outcomes


def would_apply(
    session: Session, folder: Path, by: Applicant, now: datetime, take_out: bool = False
) -> list[KindApplied]:
    """What ``apply`` would do; it is undone at once.

    Raises:
        NoConfiguration, FilesInvalid: as ``apply``.
    """
    undone = session.begin_nested()
    try:
        return apply(session, folder, by, now, take_out)
    finally:
        undone.rollback()


def write(folder: Path, contents: Mapping[str, Any]) -> list[str]:
    """Write contents as files, each kind in one; returns their names. The same contents make the
    same bytes.

    Raises:
        NotOurs: there are other files of configuration, which would be applied with these.
    """
    texts = {f"{name}.yaml": KINDS[name].write(content) for name, content in contents.items()}
    there = {path.relative_to(folder).as_posix() for path in files_in(folder)}
    if others := sorted(there - set(texts)):
        raise NotOurs(
            f"{folder} has files that this does not write: {', '.join(others)}. Take them out, or "
            "name an empty directory."
        )
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(texts)


def _read(folder: Path) -> tuple[dict[str, Given], list[Fault]]:
    if not folder.is_dir():
        raise NoConfiguration(f"{folder} is no directory.")
    given, faults = read_folder(folder, KINDS)
    if not given and not faults:
        known = ", ".join(f"{name}.yaml" for name in KINDS)
        raise NoConfiguration(
            f"{folder} has no configuration in it. Files are called {known}; to begin with what "
            "is in force: leadflow config export DIR"
        )
    return given, faults
