"""Lives out of what was written of leads, one after another. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from leadflow.campaigns.interpreter.zones import Moments, Numbers
from leadflow.campaigns.simulating.columns import Column, column_of
from leadflow.campaigns.simulating.lives import EVENT, Lives


class _CrossedOut:
    """A value that was there and is not any more."""


_CROSSED_OUT = _CrossedOut()


class Happened(NamedTuple):
    """Something that happened to a lead (its number), at a moment (UTC); what it tells, and what is
    known of the lead from then on."""

    of: int
    at: np.datetime64
    type: str
    tells: Mapping[str, Any] = {}
    becomes: Mapping[str, Any] = {}


def lives_of(
    arrived: Moments, known: Sequence[Mapping[str, Any]], happened: Sequence[Happened]
) -> Lives:
    """The lives of leads: what is known of each as it arrives, and what happens, in any order; of
    two things at one moment the one that stands first happens first."""
    of = np.array([one.of for one in happened], dtype=np.int64)
    at = np.array([one.at for one in happened], dtype="datetime64[us]")
    order = np.lexsort((at, of))
    inside = [happened[number] for number in order.tolist()]
    names = {name for one in inside for name in one.becomes}
    first: dict[str, Column] = {}
    becomes: dict[str, Column] = {}
    for name in {name for one in known for name in one} | names:
        both = column_of([*(one.get(name) for one in known), *(_new(name, one) for one in inside)])
        values = [None if value is _CROSSED_OUT else value for value in both.values]
        first[name] = Column(values, both.codes[: len(known)])
        if name in names:
            becomes[name] = Column(values, both.codes[len(known) :])
    told = {name for one in inside for name in one.tells}
    return Lives(
        arrived,
        first,
        of[order],
        at[order],
        column_of([one.type for one in inside]),
        {f"{EVENT}{name}": column_of([one.tells.get(name) for one in inside]) for name in told},
        becomes,
    )


@dataclass(frozen=True)
class Written:
    """Leads whose lives are what they are: no mail changes anything in them."""

    lives: Lives

    def mailed(self, leads: Numbers, at: Moments) -> None:
        """They do nothing with it."""


def _new(name: str, one: Happened) -> Any:
    """What a field becomes; None where it stays what it is."""
    value = one.becomes.get(name)
    return _CROSSED_OUT if value is None and name in one.becomes else value
