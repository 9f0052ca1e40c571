"""Ids: text with a prefix, made by the server, sortable by the time they were made."""

import time
from collections.abc import Callable
from datetime import datetime

from leadflow.database.randomness import random_bytes


def new_id(prefix: str) -> str:
    """A new id such as ``lead_0199a3…``: 12 hex digits of milliseconds, 16 random ones."""
    return f"{prefix}_{time.time_ns() // 1_000_000:012x}{random_bytes(8).hex()}"


def first_id(prefix: str, moment: datetime) -> str:
    """What the ids that are made from a moment on come after: ``id >= first_id(…)``."""
    return f"{prefix}_{int(moment.timestamp() * 1000):012x}"


def id_maker(prefix: str) -> Callable[[], str]:
    """A column default that makes ids with this prefix."""
    return lambda: new_id(prefix)
