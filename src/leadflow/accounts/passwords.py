"""Passwords: what is taken, and how it is kept (argon2id, RFC 9106)."""

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 200
# As ``nice`` counts: whoever sends leads gets the processor first.
STEP_BACK = 10
# One lane: however many sign in, one processor is left for everything else.
_hasher = PasswordHasher(parallelism=1)


class PasswordRefused(ValueError):
    """A password that is too short, too long, or too easy."""


def hash_password(password: str, *names: str) -> str:
    """The hash to keep. ``names``: what the password must not be.

    Raises:
        PasswordRefused: fewer than 12 or more than 200 characters, hardly any different ones, or
            one of the names.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise PasswordRefused(f"A password has {SHORTEST} to {LONGEST} characters.")
    if len(set(password)) < 5 or password.lower() in {name.lower() for name in names}:
        raise PasswordRefused("This password is too easy to guess. A few random words are fine.")
    return _apart().submit(_hasher.hash, password).result()


def is_password(kept: str | None, password: str) -> bool:
    """Whether this is the password; takes as long where there is none."""
    try:
        said = password[: LONGEST + 1]
        return _apart().submit(_hasher.verify, kept or _nobody(), said).result() and (
            kept is not None
        )
    except (VerificationError, InvalidHashError):
        return False


@lru_cache
def _nobody() -> str:
    """Checked against where nobody has the name, so that the answer takes as long."""
    return _hasher.hash("nobody has this password")


@lru_cache
def _apart() -> ThreadPoolExecutor:
    """One hash at a time in this process, behind everything else. Only the hash: a thread that
    steps back while it holds the interpreter would have all others step back with it."""
    return ThreadPoolExecutor(1, "argon2", initializer=_step_back)


def _step_back() -> None:
    """On Linux a thread has a priority of its own."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), STEP_BACK)
