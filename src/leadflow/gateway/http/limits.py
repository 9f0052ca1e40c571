"""Threads of their own for what takes long, so that the threads of requests stay free for leads."""

import inspect
from collections.abc import Awaitable, Callable
from functools import lru_cache, partial
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

T = TypeVar("T")
# A password takes a whole processor for a tenth of a second.
PASSWORDS = "passwords"
# Reports and dry runs take seconds, most of it in the database.
REPORTS = "reports"
AT_A_TIME = {PASSWORDS: 1, REPORTS: 1}


@lru_cache
def limiter(name: str) -> CapacityLimiter:
    """How many of these are worked on at a time in this process; the others wait their turn."""
    return CapacityLimiter(AT_A_TIME[name])


def limited(name: str) -> Callable[[Callable[..., T]], Callable[..., Awaitable[T]]]:
    """Have a route worked on under the limiter of this name, and not in the threads of requests."""

    def wrap(route: Callable[..., T]) -> Callable[..., Awaitable[T]]:
        async def run(*words: object, **named: object) -> T:
            return await to_thread.run_sync(partial(route, *words, **named), limiter=limiter(name))

        # Without ``__wrapped__``: by it FastAPI would take the route for what it wraps.
        run.__name__, run.__doc__, run.__module__ = route.__name__, route.__doc__, route.__module__
        run.__signature__ = inspect.signature(route)  # type: ignore[attr-defined]
        return run

    return wrap
