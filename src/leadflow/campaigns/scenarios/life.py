"""The facts of one lead whose whole life is written down, for the interpreter. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from leadflow.campaigns.definitions.program import Watch
from leadflow.campaigns.interpreter.clock import moment, utc
from leadflow.campaigns.interpreter.moments import Dates
from leadflow.campaigns.interpreter.zones import NEVER, Mask, Moments, Numbers
from leadflow.conditions.evaluation import holds
from leadflow.conditions.tree import Group
from leadflow.conditions.values import ValueKind, read


@dataclass(frozen=True)
class Happening:
    """Something that happens at a moment (UTC), what it tells, and what of the lead it changes."""

    at: np.datetime64
    type: str
    facts: Mapping[str, Any] = field(hash=False)
    becomes: Mapping[str, Any] = field(hash=False)


@dataclass(frozen=True)
class Life:
    """What is known of a lead as it enters, and what happens afterwards, in order. The only lead
    there is has the number 0."""

    lead: Mapping[str, Any]
    happenings: Sequence[Happening]

    def known(self, at: np.datetime64) -> dict[str, Any]:
        """What is known of the lead at a moment."""
        values = dict(self.lead)
        for one in self.happenings:
            if one.at <= at:
                values.update(one.becomes)
        return values

    def holds(self, when: Group, leads: Numbers, at: Moments) -> Mask:
        """Whether conditions hold at each moment."""
        return np.array([holds(when, self.known(one), moment(one)) for one in at], dtype=bool)

    def first(self, watch: Watch, leads: Numbers, after: Moments, until: Moments) -> Moments:
        """The first moment within each time at which what is watched for happened."""
        pairs = zip(after, until, strict=True)
        return np.array([self._first(watch, *pair) for pair in pairs], dtype="datetime64[us]")

    def _first(self, watch: Watch, after: np.datetime64, until: np.datetime64) -> np.datetime64:
        if not watch.on and watch.when is not None and self._holds_at(watch.when, after, until):
            return after
        for one in self.happenings:
            if after < one.at <= until and (not watch.on or one.type in watch.on):
                told = {f"event.{name}": value for name, value in one.facts.items()}
                values = {**self.known(one.at), "event.type": one.type, **told}
                if watch.when is None or holds(watch.when, values, moment(one.at)):
                    return one.at
        return NEVER

    def _holds_at(self, when: Group, at: np.datetime64, until: np.datetime64) -> bool:
        return bool(at <= until) and holds(when, self.known(at), moment(at))

    def dates(self, field: str, leads: Numbers, at: Moments) -> Dates:
        """The date that a field has at each moment."""
        values = [self.known(one).get(field) for one in at]
        return Dates(
            np.array([date_of(value) for value in values], dtype="datetime64[us]"),
            np.array([is_day(value) for value in values], dtype=bool),
            np.array([self._since(field, one) for one in at], dtype="datetime64[us]"),
        )

    def _since(self, field: str, at: np.datetime64) -> np.datetime64:
        """When a field got the value that it has at a moment; NaT where it always had it."""
        set_at = (one.at for one in self.happenings if one.at <= at and field in one.becomes)
        return max(set_at, default=NEVER)


def date_of(value: Any) -> np.datetime64:
    """The moment that a value says; NaT where it says none."""
    read_as = read(ValueKind.MOMENT, value)
    return utc(read_as) if isinstance(read_as, datetime) else NEVER


def is_day(value: Any) -> bool:
    """Whether a date says its day and no hour."""
    return isinstance(value, str) and len(value) == len("2026-03-06")
