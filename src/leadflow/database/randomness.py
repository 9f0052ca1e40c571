"""Random bytes from the operating system, drawn many at a time.

Each draw lets another thread of the process go on, and waits until that one lets go again; taking a
lead in needs a dozen. No byte is given twice, in whatever thread or forked process.
"""

import os
import threading

DRAWN = 4096


class _Held(threading.local):
    """What a thread has drawn and not given yet."""

    left = b""


_held = _Held()


def random_bytes(count: int) -> bytes:
    """So many random bytes, up to ``DRAWN``, fit for keys and nonces."""
    if len(_held.left) < count:
        _held.left = os.urandom(DRAWN)
    given, _held.left = _held.left[:count], _held.left[count:]
    return given


def _forget() -> None:
    global _held
    _held = _Held()


# A child would give the bytes that its parent gives too.
os.register_at_fork(after_in_child=_forget)
