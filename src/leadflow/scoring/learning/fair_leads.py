"""Which leads two models may be compared on: those that neither had learned from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from features.how_many import how_many, of_number

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from leadflow.scoring.learning.opponents import Opponent

# Fewest converted, and fewest other, leads to compare two models on.
FEWEST = 20


@dataclass(frozen=True)
class Judged:
    """The leads two models are looked at on (n): their features, whether each converted, and their
    places in what was chosen from.

    ``words``: which leads these are, and why they are fair to both. ``needed``: what is missing to
    compare on, in words; empty where nothing is, and there alone may there be a verdict.
    """

    frame: "pd.DataFrame"
    labels: "np.ndarray"
    rows: "np.ndarray"
    words: str
    needed: str = ""


def later_leads(
    frame: "pd.DataFrame",
    labels: "np.ndarray",
    moments: "np.ndarray",
    learned: Sequence["Opponent"],
    otherwise: float = 1.0,
) -> Judged:
    """Those of n leads, in order of their moments, that none of these had learned from. Where they
    are too few, the newest share ``otherwise`` of all, on which nothing can be told.

    Args:
        learned: what is compared; the rubric has learned from no lead.
    """
    import numpy as np

    until = [one.learned_until for one in learned if one.learned_until is not None]
    names = " and ".join(one.name for one in learned if one.learned_until is not None)
    if not until:
        rows = newest(labels, otherwise)
        return Judged(frame.iloc[rows], labels[rows], rows, f"{_both(labels, moments, rows)}.")
    rows = np.flatnonzero(moments >= _plain(max(until)))
    needed = _needed(labels[rows])
    if not needed:
        words = f"{_both(labels, moments, rows)}, all later than those {names} learned from."
        return Judged(frame.iloc[rows], labels[rows], rows, words)
    words = (
        f"There is no verdict: {how_many(len(rows), 'lead')}, {int(labels[rows].sum()):,} of which "
        f"converted, {of_number(len(rows), 'is')} later than those {names} learned from "
        f"(until {max(until):%Y-%m-%d}) and {of_number(len(rows), 'has')} passed the "
        f"horizon. {needed} are needed."
    )
    rows = newest(labels, otherwise)
    return Judged(frame.iloc[rows], labels[rows], rows, words, needed)


def refitted_leads(
    frame: "pd.DataFrame", labels: "np.ndarray", moments: "np.ndarray", past: int, until: datetime
) -> Judged:
    """The leads (n) on which two recipes were judged that both learned anew from the ``past`` leads
    before ``until``."""
    import numpy as np

    rows = np.arange(len(labels))
    words = (
        f"{_both(labels, moments, rows)}. What serves has learned from some of these, so both "
        f"were learned anew, each by its own recipe, from the same "
        f"{how_many(past, 'lead')} looked at until "
        f"{until:%Y-%m-%d}, none of which is judged on."
    )
    return Judged(frame, labels, rows, words)


def newest(labels: "np.ndarray", share: float) -> "np.ndarray":
    """The places of the newest share of n leads; of all where that holds too few of an outcome."""
    import numpy as np

    rows = np.arange(int(len(labels) * (1 - share)), len(labels))
    return np.arange(len(labels)) if _needed(labels[rows]) else rows


def as_datetime(moment: "np.datetime64") -> datetime:
    """A moment (UTC) as Python has it."""
    plain: datetime = moment.astype("datetime64[us]").item()
    return plain.replace(tzinfo=UTC)


def _plain(moment: datetime) -> "np.datetime64":
    import numpy as np

    return np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "us")


def _needed(labels: "np.ndarray") -> str:
    """How many more leads must have come to an end, in words; nothing where there are enough."""
    converted = FEWEST - int(labels.sum())
    others = FEWEST - (len(labels) - int(labels.sum()))
    missing = [
        words
        for count, words in (
            (converted, f"{how_many(converted, 'later lead')} that converted"),
            (others, f"{how_many(others, 'later lead')} that did not"),
        )
        if count > 0
    ]
    return " and ".join(missing)


def _both(labels: "np.ndarray", moments: "np.ndarray", rows: "np.ndarray") -> str:
    first, last = as_datetime(moments[rows].min()), as_datetime(moments[rows].max())
    return (
        f"Both were judged on {how_many(len(rows), 'lead')} looked at from {first:%Y-%m-%d} to "
        f"{last:%Y-%m-%d}, {int(labels[rows].sum()):,} of which converted"
    )
