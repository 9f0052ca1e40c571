"""A file that comes, by a program or by a page: kept piece by piece, looked at once it is whole."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256

from anyio import to_thread

from leadflow.accounts.actors import Actor
from leadflow.database.engine import unit_of_work
from leadflow.gateway.http.bounds.streams import MEGABYTE
from leadflow.gateway.http.limits import FILES, in_turn
from leadflow.settings import get_settings
from leadflow.uploads import arriving
from leadflow.uploads.service import Retention


@dataclass(frozen=True)
class Sent:
    """What is said of a file: its name, where its leads come from, what its text is written in."""

    name: str
    source: str | None = None
    encoding: str | None = None


async def received(content: AsyncIterator[bytes], sent: Sent, caller: Actor) -> tuple[str, bool]:
    """Keep a file and propose what its columns mean. The id of its upload, and whether it is new,
    and not one that the caller has sent before. What has come of a file that does not end is taken
    away.

    Raises:
        UnreadableFile, UploadsKept: it is no table, or too many files of theirs are kept.
        Problem: it comes too slowly, or is too large.
    """
    now = datetime.now(UTC)
    upload_id = await to_thread.run_sync(_begin, sent, caller, now)
    try:
        content_hash = sha256()
        async for piece in content:
            content_hash.update(piece)
            await to_thread.run_sync(_take, upload_id, piece)
        return await in_turn(FILES, partial(_whole, upload_id, content_hash.hexdigest(), sent, now))
    except BaseException:
        await to_thread.run_sync(_forget, upload_id)
        raise


def _begin(sent: Sent, caller: Actor, now: datetime) -> str:
    with unit_of_work() as session:
        return arriving.begin(session, sent.name, sent.source, caller, now).id


def _take(upload_id: str, piece: bytes) -> None:
    with unit_of_work() as session:
        arriving.take(session, upload_id, piece)


def _whole(upload_id: str, content_hash: str, sent: Sent, now: datetime) -> tuple[str, bool]:
    settings = get_settings()
    most, kept = settings.upload_megabytes * MEGABYTE, Retention(settings.upload_days)
    upload, new = arriving.arrived(
        unit_of_work, upload_id, content_hash, most, kept, now, sent.encoding
    )
    return upload.id, new


def _forget(upload_id: str) -> None:
    with unit_of_work() as session:
        arriving.forget(session, upload_id)
