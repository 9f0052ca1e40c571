"""Waking consumers as soon as something is committed for their lane."""

import threading
from collections.abc import Callable, Mapping

from sqlalchemy import Engine

from leadflow.outbox.service import CHANNEL

# How long one wait for a notification lasts, and so how soon a stop is seen.
LOOK_SECONDS = 1.0


def listen(
    engine: Engine, bells: Mapping[str, list[threading.Event]], ended: Callable[[], bool]
) -> None:
    """Set every bell of a lane that something was written for, until ``ended``. What was committed
    while nobody listened is found because all bells are rung first.

    Raises:
        psycopg.Error: the connection was lost; call it again.
    """
    pooled = engine.raw_connection()
    connection = pooled.driver_connection
    pooled.detach()
    if connection is None:
        raise RuntimeError("There is no connection to listen on.")
    try:
        connection.rollback()
        connection.autocommit = True
        connection.execute(f"LISTEN {CHANNEL}")
        for rung in bells.values():
            _ring(rung)
        while not ended():
            for notified in connection.notifies(timeout=LOOK_SECONDS):
                _ring(bells.get(notified.payload, []))
    finally:
        connection.close()


def _ring(bells: list[threading.Event]) -> None:
    for bell in bells:
        bell.set()
