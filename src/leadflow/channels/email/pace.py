"""How quickly mail goes to each receiving domain, for large ones take amiss what comes at once."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    """So many messages a second to one domain, and so many of them at once."""

    per_second: float = 50.0
    at_once: int = 10


class Turns:
    """Whose turn it is, by domain."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._free: dict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(pace.at_once)
        )
        self._next: dict[str, float] = {}

    @asynccontextmanager
    async def of(self, domain: str) -> AsyncIterator[None]:
        """Wait until a message may go there, and hold its place while it does."""
        async with self._free[domain]:
            now = asyncio.get_running_loop().time()
            at = max(now, self._next.get(domain, now))
            self._next[domain] = at + 1 / self._pace.per_second
            if at > now:
                await asyncio.sleep(at - now)
            yield

    def forget(self, now: float) -> None:
        """Forget domains to which anything may go at once; while nothing is on its way."""
        self._free.clear()
        self._next = {domain: at for domain, at in self._next.items() if at > now}
