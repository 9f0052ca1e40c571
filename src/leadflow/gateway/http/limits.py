"""Threads of their own for what takes long, so that the threads of requests stay free for leads."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import lru_cache, partial
from typing import Any, TypeVar

T = TypeVar("T")
# A password takes a whole processor for a tenth of a second.
PASSWORDS = "passwords"
# Reports and dry runs take seconds, most of it in the database.
REPORTS = "reports"
# A file is read from its first row to its last to tell what its columns mean.
FILES = "files"
AT_A_TIME = {PASSWORDS: 1, REPORTS: 1, FILES: 1}


@lru_cache
def threads(name: str) -> ThreadPoolExecutor:
    """Where these are worked on in this process, few at a time; the others wait their turn."""
    return ThreadPoolExecutor(AT_A_TIME[name], name)


async def in_turn(name: str, work: Callable[[], T]) -> T:
    """Have something done in the threads of this name."""
    inside = partial(copy_context().run, work)
    return await asyncio.get_running_loop().run_in_executor(threads(name), inside)


def limited(name: str) -> Callable[[Callable[..., T]], Callable[..., Awaitable[T]]]:
    """Have a route worked on in the threads of this name, and not in those of requests."""

    def wrap(route: Callable[..., T]) -> Callable[..., Awaitable[T]]:
        async def run(*words: object, **named: object) -> T:
            return await in_turn(name, partial(route, *words, **named))

        # Without ``__wrapped__``: by it FastAPI would take the route for what it wraps.
        run.__name__, run.__doc__, run.__module__ = route.__name__, route.__doc__, route.__module__
        run.__signature__ = inspect.signature(route)  # type: ignore[attr-defined]
        run.within = name, route  # type: ignore[attr-defined]
        return run

    return wrap


def within_limits(route: Callable[..., Any]) -> tuple[str | None, Callable[..., Any]]:
    """The threads that a route is worked on in, and the route itself; None: those of requests."""
    return getattr(route, "within", (None, route))
