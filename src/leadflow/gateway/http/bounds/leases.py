"""Counters of requests that all processes of the gateway share, asked for by many at a time."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from cachetools import TTLCache
from limits import RateLimitItem
from limits.aio.storage import Storage
from sqlalchemy.exc import SQLAlchemyError

# A hundredth of what is allowed: so much at most is one process's and comes to no other's use.
SHARE = 100
MOST_HELD = 100_000
Lease = Callable[[str, int, int], tuple[int, float]]


@dataclass
class Held:
    """What a process may count by itself: ``left`` of the shared ``hits``, until ``ends_at``."""

    hits: int
    left: int
    ends_at: float


class LeasedStorage(Storage):
    """Where the package ``limits`` counts: in this process, as long as a lease from the shared
    counter lasts. A request pays for a look at the database once in a hundredth of the limit, and
    never once the limit is reached.

    Made in the event loop that it is asked from.
    """

    STORAGE_SCHEME = None

    def __init__(self, item: RateLimitItem, lease: Lease) -> None:
        """``lease``: counts so many more under a name for so many seconds, in the database; how
        many that are of all processes, and how many seconds are left."""
        super().__init__()
        self._item, self._lease = item, lease
        self._size = max(1, item.amount // SHARE)
        self._held: TTLCache[str, Held] = TTLCache(MOST_HELD, ttl=item.get_expiry())
        self._asked: dict[str, asyncio.Task[Held]] = {}

    @property
    def base_exceptions(self) -> type[Exception]:
        """What the database raises."""
        return SQLAlchemyError

    def held(self, key: str) -> Held | None:
        """What there is of a lease whose window is open."""
        held = self._held.get(key)
        return held if held is not None and held.ends_at > time.time() else None

    def reached(self, key: str) -> bool:
        """Whether nothing more is allowed in this window, as far as this process knows."""
        held = self.held(key)
        return held is not None and held.hits - held.left >= self._item.amount

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count; how many that are of all processes, those included that may be on their way."""
        while not self.reached(key):
            held = self.held(key)
            if held is not None and held.left >= amount:
                held.left -= amount
                return held.hits - held.left
            await self._more(key, expiry)
        return self._item.amount + amount

    async def get(self, key: str) -> int:
        """How many there were, as far as this process knows."""
        held = self.held(key)
        return 0 if held is None else held.hits - held.left

    async def get_expiry(self, key: str) -> float:
        """When the window ends, in seconds since 1970."""
        held = self.held(key)
        return time.time() if held is None else held.ends_at

    async def check(self) -> bool:
        """The database is looked after elsewhere."""
        return True

    async def reset(self) -> int | None:
        """Let go of all leases."""
        many = len(self._held)
        self._held.clear()
        return many

    async def clear(self, key: str) -> None:
        """Let go of one."""
        self._held.pop(key, None)

    async def _more(self, key: str, expiry: int) -> None:
        """Have a lease; requests that need one together ask once."""
        asked = self._asked.get(key)
        if asked is None:
            asked = self._asked[key] = asyncio.ensure_future(self._ask(key, expiry))
            asked.add_done_callback(lambda _: self._asked.pop(key, None))
        await asyncio.shield(asked)

    async def _ask(self, key: str, expiry: int) -> Held:
        hits, seconds = await asyncio.to_thread(self._lease, key, self._size, expiry)
        held = self._held[key] = Held(hits, self._size, time.time() + seconds)
        return held
