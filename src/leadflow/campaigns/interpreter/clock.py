"""Moments as Python has them, and as the interpreter has them: ``datetime64[us]`` in UTC."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from leadflow.campaigns.interpreter.zones import Moments


def moment(at: np.datetime64) -> datetime:
    """An aware moment."""
    made: datetime = at.astype("datetime64[us]").item()
    return made.replace(tzinfo=UTC)


def utc(at: datetime) -> np.datetime64:
    """An aware moment as the interpreter has it."""
    return np.datetime64(at.astimezone(UTC).replace(tzinfo=None), "us")


def utc_of(moments: Sequence[datetime | None]) -> Moments:
    """Aware moments as the interpreter has them, NaT where there is none."""
    import pandas as pd

    read = pd.to_datetime(pd.Series(list(moments), dtype=object), utc=True)
    return read.dt.tz_localize(None).to_numpy().astype("datetime64[us]")


def moments_in(moments: Moments) -> list[datetime | None]:
    """Aware moments, None where there is none."""
    return [None if one is None else one.replace(tzinfo=UTC) for one in moments.tolist()]
