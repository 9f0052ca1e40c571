"""Mails in files: one as it is, many in one (mbox), a folder of them (Maildir, or ``.eml``)."""

import mailbox
from collections.abc import Iterator
from pathlib import Path

_MBOX = b"From "


class NoMails(ValueError):
    """There are no mails where some should be."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"There are no mails in {path}: name a mail, a file of many (mbox), or a folder "
            "(Maildir, or files .eml)."
        )


def mails_in(path: Path) -> Iterator[bytes]:
    """Each mail as it came; nothing is changed there.

    Raises:
        NoMails: the folder is of no kind that is known.
        OSError: it cannot be read.
    """
    if path.is_dir():
        yield from _of_folder(path)
        return
    with path.open("rb") as file:
        begins = file.read(len(_MBOX))
    if begins == _MBOX:
        box = mailbox.mbox(path, create=False)
        yield from (box.get_bytes(key) for key in box.iterkeys())
    else:
        yield path.read_bytes()


def _of_folder(path: Path) -> Iterator[bytes]:
    if (path / "cur").is_dir() and (path / "new").is_dir():
        box = mailbox.Maildir(path, create=False)
        yield from (box.get_bytes(key) for key in sorted(box.keys()))
        return
    files = sorted(path.glob("*.eml"))
    if not files:
        raise NoMails(path)
    yield from (file.read_bytes() for file in files)
