"""How far long work is, in words, for whoever watches in this process."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Watcher = Callable[[str], None]
_watchers: list[Watcher] = []


def tell_watchers(words: str) -> None:
    """Say it to everybody who watches."""
    for watcher in _watchers:
        watcher(words)


@contextmanager
def watching(watcher: Watcher) -> Iterator[None]:
    """Have ``watcher`` called with all that is said within the block."""
    _watchers.append(watcher)
    try:
        yield
    finally:
        _watchers.remove(watcher)
