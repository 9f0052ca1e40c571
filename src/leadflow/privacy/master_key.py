"""Rotating the master key while everything runs.

A new key is added to the secret and written with from then on; what was written with earlier ones
is encrypted anew, some rows at a time; when nothing is left, they are taken out. Each step finds
out by itself where an earlier one was broken off.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Engine, text

from leadflow.privacy.cipher_in_use import LOOK_EVERY
from leadflow.privacy.encryption import Cipher
from leadflow.privacy.rotation import (
    AT_A_TIME,
    EncryptedTable,
    have_ended,
    own_number,
    rewrite_some,
    values_by_version,
)
from leadflow.secret import KeyRing, load_ring, replace_ring
from leadflow.settings import Settings

LOCK = 7_240_001
PAUSE = 0.2  # seconds
# Called with the name of a table and how many more of its rows are done, at the most.
Told = Callable[[str, int], None]


class RotationElsewhere(RuntimeError):
    """The master key is being rotated by another process at this moment."""

    def __init__(self) -> None:
        super().__init__(
            "The master key is being rotated by another process at this moment. Wait until it has "
            "ended; whatever ends it, this command goes on where it was."
        )


class OldKeyStillWritten(RuntimeError):
    """A process goes on writing with an earlier version of the master key."""

    def __init__(self, versions: Sequence[int]) -> None:
        said = ", ".join(map(str, versions))
        super().__init__(
            f"Something still writes with version {said} of the master key: a process that has not "
            "been restarted with the new LEADFLOW_SECRET_KEY. Restart it, then run this again."
        )


@contextmanager
def alone(engine: Engine) -> Iterator[None]:
    """Hold the lock that lets one process at a time rotate.

    Raises:
        RotationElsewhere: another one has it.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        taken = connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK})
        if not taken.scalar_one():
            raise RotationElsewhere
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})


def begin(settings: Settings) -> KeyRing:
    """Have the file in home name a new key first, where it has but one; else its newest first."""
    before = load_ring(settings)
    ring = before.with_new_key() if len(before.keys) == 1 else before
    ring = ring.newest_first()
    if ring != before:
        replace_ring(settings, ring)
    return ring


def finish(settings: Settings) -> None:
    """Take all keys but the newest out of the file in home; the caller has seen that nothing is
    written with them."""
    replace_ring(settings, load_ring(settings).newest_only())


def wait_for_writers(engine: Engine, sleep: Callable[[float], None] = time.sleep) -> None:
    """Wait until every process has looked at the file since it changed, and until what was being
    written then is written."""
    sleep(2 * LOOK_EVERY)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        before = own_number(connection)
        while not have_ended(connection, before):
            sleep(PAUSE)


def rewrite_all(
    engine: Engine,
    tables: Sequence[EncryptedTable],
    ring: KeyRing,
    told: Told,
    at_a_time: int = AT_A_TIME,
    rounds: int | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Encrypt everything with the ring's first key, until nothing in any column is left that was
    written with another. Each batch is a transaction of its own.

    Args:
        rounds: after so many times over all tables, somebody goes on writing with an earlier key;
            None: go on, for rows that others hold are left for the next time.

    Raises:
        OldKeyStillWritten: so it is.
        SecretKeyError: a value opens with none of the keys.
    """
    cipher, went = Cipher(ring), 0
    while earlier := _earlier(engine, tables, ring):
        if went == rounds:
            raise OldKeyStillWritten(earlier)
        for one in tables:
            _rewrite(engine, one, cipher, told, at_a_time)
        went += 1
        sleep(PAUSE)


def _earlier(engine: Engine, tables: Sequence[EncryptedTable], ring: KeyRing) -> list[int]:
    with engine.connect() as connection:
        return sorted(values_by_version(connection, tables).keys() - {ring.current})


def _rewrite(
    engine: Engine, one: EncryptedTable, cipher: Cipher, told: Told, at_a_time: int
) -> None:
    after, some = None, min(at_a_time, one.most)
    while True:
        with engine.begin() as connection:
            after = rewrite_some(connection, one, cipher, after, some)
        if after is None:
            return
        told(one.name, some)
