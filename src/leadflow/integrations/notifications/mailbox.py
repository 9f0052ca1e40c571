"""The local mail server: takes every message and keeps it in a folder, for looking at.

Run as ``python -m leadflow.integrations.notifications.mailbox``. It delivers nothing to anybody;
where people are to get mail, set ``LEADFLOW_NOTIFY_URL``.
"""

import signal
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from leadflow.database.ids import new_id
from leadflow.observability import process
from leadflow.settings import Settings, get_settings

LARGEST = 10 * 2**20
# The header of a local mail that says, by id, whose account it is for. Of two accounts that have
# had one address, only one is meant.
PERSON = "X-Leadflow-Person"


@dataclass(frozen=True)
class Mail:
    """A message that was taken; ``person_id`` of whom it is for, where it is for an account."""

    at: datetime
    to: str
    subject: str
    text: str
    person_id: str | None = None
    html: str | None = None


class Mailbox:
    """Keeps messages as files that only their owner reads."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder

    async def handle_DATA(  # noqa: N802  aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Take a message."""
        content = envelope.content or b""
        raw = content.encode() if isinstance(content, str) else content
        path = self._folder / f"{new_id('mail')}.eml"
        draft = path.with_suffix(".part")
        draft.touch(mode=0o600)
        draft.write_bytes(raw)
        draft.rename(path)
        return "250 OK"


def folder_of(settings: Settings) -> Path:
    """Where messages are kept."""
    return settings.home / "mail"


def read_mail(settings: Settings, newest: int = 50) -> list[Mail]:
    """The newest messages, the newest first."""
    paths = sorted(folder_of(settings).glob("*.eml"), reverse=True)[:newest]
    return [_read(path) for path in paths]


def holds(settings: Settings, message_id: str) -> bool:
    """Whether a message of this Message-ID was taken."""
    wanted = f"message-id: {message_id}".lower().encode()
    newest_first = sorted(folder_of(settings).glob("*.eml"), reverse=True)
    return any(wanted in path.read_bytes().lower() for path in newest_first)


def mail_named(settings: Settings, key: str, newest: int = 1000) -> Mail | None:
    """The mail whose Message-ID is ``<key@…>``, among the newest; None where there is none."""
    wanted = f"message-id: <{key}@".lower().encode()
    paths = sorted(folder_of(settings).glob("*.eml"), reverse=True)[:newest]
    found = next((path for path in paths if wanted in _head(path).lower()), None)
    return None if found is None else _read(found)


def serve(settings: Settings) -> Controller:
    """The server, running in a thread of its own."""
    controller = Controller(
        Mailbox(folder_of(settings)),
        hostname=settings.host,
        port=settings.smtp_port,
        data_size_limit=LARGEST,
    )
    controller.start()
    return controller


def main() -> None:
    """Serve until told to end."""
    process.begin("mail")
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    controller = serve(get_settings())
    ended.wait()
    controller.stop()


def _head(path: Path) -> bytes:
    """Its headers, which are at its beginning."""
    with path.open("rb") as file:
        return file.read(4096)


def _read(path: Path) -> Mail:
    said = message_from_bytes(path.read_bytes(), policy=default)
    body, page = said.get_body(("plain", "html")), said.get_body(("html",))
    return Mail(
        at=datetime.fromtimestamp(path.stat().st_mtime, UTC),
        to=str(said["to"]),
        subject=str(said["subject"]),
        text="" if body is None else str(body.get_content()),
        person_id=said[PERSON],
        html=None if page is None else str(page.get_content()),
    )


if __name__ == "__main__":
    main()
