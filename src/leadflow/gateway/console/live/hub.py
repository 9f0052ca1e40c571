"""Everybody who waits on a page, and the one loop that looks for them all.

A page that waits holds a connection. However many do, the database is asked once a second for all
of them together, and not at all while nobody waits.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field

from anyio import CapacityLimiter, to_thread

from leadflow.observability.logs import get_logger

MOST_OPEN = 200
EVERY_SECONDS = 1.0
# After so many looks it is seen whether those who wait are still signed in.
LOOKS = 10
# Without a word for so long, whatever stands between might take the connection for dead.
QUIET_SECONDS = 20.0
log = get_logger(__name__)
# How each thing is, by its name.
Look = Callable[[Iterable[str]], Mapping[str, str]]
# Which of these sign-ins go on.
SignedIn = Callable[[Iterable[str]], set[str]]


class TooManyWait(RuntimeError):
    """No more pages can wait in this process."""


@dataclass(eq=False)
class Waiting:
    """One page. ``topics``: what it calls each thing, by what is watched. ``told``: what has
    changed; None: the end."""

    token: str
    topics: Mapping[str, str]
    told: asyncio.Queue[str | None] = field(default_factory=asyncio.Queue)


class Hub:
    """The pages that wait in this process."""

    def __init__(self, look: Look, signed_in: SignedIn) -> None:
        self._look, self._signed_in = look, signed_in
        self._open: set[Waiting] = set()
        self._known: dict[str, str] = {}
        self._watching: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._away = False

    def join(self, token: str, topics: Mapping[str, str]) -> Waiting:
        """One more page; ``topics`` are the names of what it waits for, each with what is watched.

        Raises:
            TooManyWait: there are as many as there may be.
        """
        if len(self._open) >= MOST_OPEN:
            raise TooManyWait
        page = Waiting(token, {watched: said for said, watched in topics.items()})
        self._open.add(page)
        if self._watching is None or self._watching.done():
            self._loop = asyncio.get_running_loop()
            self._watching = self._loop.create_task(self._watch())
        return page

    async def changes(self, page: Waiting) -> AsyncIterator[str]:
        """What changes, by the name that the page has for it; empty where nothing did for a while.
        Ends with the sign-in, or when the server does."""
        try:
            while True:
                try:
                    said = await asyncio.wait_for(page.told.get(), QUIET_SECONDS)
                except TimeoutError:
                    said = ""
                if said is None:
                    return
                yield said
        finally:
            self._open.discard(page)

    def stop(self) -> None:
        """Nobody waits any more; from whatever thread it is called."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        for page in self._open:
            page.told.put_nowait(None)

    async def _watch(self) -> None:
        limiter, looks = CapacityLimiter(1), 0
        while self._open:
            if _server_ends():
                self._end()
            looks += 1
            await self._once(limiter, looks % LOOKS == 0)
            await asyncio.sleep(EVERY_SECONDS)
        self._known.clear()

    async def _once(self, limiter: CapacityLimiter, sign_ins: bool) -> None:
        """Look once; a database that is away is looked at again a second later."""
        pages = list(self._open)
        try:
            wanted = {watched for page in pages for watched in page.topics}
            found = await to_thread.run_sync(self._look, wanted, limiter=limiter)
            tokens = {page.token for page in pages}
            known = tokens
            if sign_ins:
                known = await to_thread.run_sync(self._signed_in, tokens, limiter=limiter)
        except Exception as error:
            if not self._away:
                log.warning("what pages wait for cannot be read", error=type(error).__name__)
            self._away = True
            return
        self._away = False
        changed = {one for one, now in found.items() if self._known.get(one, now) != now}
        self._known = dict(found)
        for page in pages:
            if page.token not in known:
                page.told.put_nowait(None)
            for one in changed & page.topics.keys():
                page.told.put_nowait(page.topics[one])


def _server_ends() -> bool:
    """Whether the server was told to end. It waits for its connections, which would not end by
    themselves, and says so nowhere but where it handles the signal."""
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    return bool(getattr(server, "should_exit", False))
