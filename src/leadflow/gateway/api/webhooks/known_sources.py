"""The sources that deliver by webhook, with their live secrets, as this process knows them; a
second old at most."""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from leadflow.database.engine import unit_of_work
from leadflow.sources import service
from leadflow.sources.service import StoredSource
from leadflow.sources.signatures.received import Received, SignatureRefused
from leadflow.sources.verifying import verify

LOOK_EVERY = 1.0


@dataclass(frozen=True)
class KnownSource:
    """A source and its live secrets, newest first."""

    stored: StoredSource
    secrets: tuple[str, ...]

    def verify(self, received: Received, now: datetime) -> None:
        """See that a request is this source's.

        Raises:
            SignatureRefused: it is not, or there is no secret yet.
        """
        if not self.secrets:
            raise SignatureRefused("No secret is set: leadflow sources secret NAME.")
        verify(self.stored.source, received, self.secrets, now)


class KnownSources:
    """Looks at the store once a second at most, and reads all of it only where it has changed."""

    def __init__(self) -> None:
        self._sources: dict[str, KnownSource] = {}
        self._revision: tuple[object, ...] | None = None
        self._looked = float("-inf")
        self._looking: asyncio.Future[None] | None = None

    async def find(self, name: str) -> KnownSource | None:
        """The source of this name."""
        if time.monotonic() - self._looked >= LOOK_EVERY:
            # Requests that come together look once.
            if self._looking is None:
                self._looking = asyncio.ensure_future(asyncio.to_thread(self._look))
                self._looking.add_done_callback(self._looked_at)
            await asyncio.shield(self._looking)
        return self._sources.get(name)

    def _looked_at(self, done: "asyncio.Future[None]") -> None:
        self._looking = None

    def _look(self) -> None:
        started, now = time.monotonic(), datetime.now(UTC)
        with unit_of_work() as session:
            revision = service.revision(session, now)
            if revision != self._revision:
                secrets = service.live_secrets_of_all(session, now)
                self._sources = {
                    name: KnownSource(stored, tuple(secrets.get(name, ())))
                    for name, stored in service.sources_now(session).items()
                    if stored.source.journal is None
                }
                self._revision = revision
        self._looked = started
