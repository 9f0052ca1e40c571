"""Passwords: what is taken, and how it is kept (argon2id, RFC 9106)."""

from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 200
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
    return _hasher.hash(password)


def is_password(kept: str | None, password: str) -> bool:
    """Whether this is the password; takes as long where there is none."""
    try:
        return _hasher.verify(kept or _nobody(), password[: LONGEST + 1]) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


@lru_cache
def _nobody() -> str:
    """Checked against where nobody has the name, so that the answer takes as long."""
    return _hasher.hash("nobody has this password")
