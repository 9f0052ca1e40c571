"""The lives of many leads, in arrays: what is known of each, and what happens to it. Pure.

The same as ``scenarios.life`` says of one lead; a test holds the two equal.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from leadflow.campaigns.definitions.program import Watch
from leadflow.campaigns.interpreter.clock import moments_in
from leadflow.campaigns.interpreter.moments import Dates
from leadflow.campaigns.interpreter.zones import NEVER, Mask, Moments, Numbers
from leadflow.campaigns.scenarios.life import date_of, is_day
from leadflow.campaigns.simulating.columns import Column, column_of, held, nothing
from leadflow.conditions.tree import Group
from leadflow.domain_events.types import DID

EVENT = "event."
# Fields that go by the clock: they are reckoned whenever they are asked for.
LAST_EVENT, AGE = "last_event_at", "age_days"
RECKONED = frozenset({LAST_EVENT, AGE})
DAY = np.timedelta64(86_400_000_000, "us")


@dataclass(frozen=True)
class Lives:
    """Leads are numbers from 0, and happenings stand in the order of leads, and of moments.

    ``known``: what is known of each lead at the beginning, by the names of fields; ``arrived``:
    when it came. Of the happenings: ``of`` which lead, ``at`` which moment (UTC), ``type``;
    ``tells``: what each tells, by the names that conditions have for it (``event.level``);
    ``becomes``: what is known of the lead from then on, with the same values as ``known`` has of
    that field. ``also``: which of them are something else, too, such as ``lead.level_changed``.
    """

    arrived: Moments
    known: Mapping[str, Column]
    of: Numbers
    at: Moments
    type: Column
    tells: Mapping[str, Column] = field(default_factory=dict)
    becomes: Mapping[str, Column] = field(default_factory=dict)
    also: Mapping[str, Mask] = field(default_factory=dict)

    @property
    def fields(self) -> frozenset[str]:
        """The names of all fields of which something is known."""
        return frozenset({*self.known, *self.becomes, *self.tells, *RECKONED, f"{EVENT}type"})

    @property
    def types(self) -> frozenset[str]:
        """The types of everything that happens."""
        return frozenset({*self.type.values, *self.also})

    def holds(self, when: Group, leads: Numbers, at: Moments) -> Mask:
        """Whether conditions hold of each lead at its moment."""
        return held(when, lambda name: self.column(name, leads, at), at)

    def first(self, watch: Watch, leads: Numbers, after: Moments, until: Moments) -> Moments:
        """For each lead the first moment within its time at which what is watched for happened."""
        found = np.full(leads.shape, NEVER)
        if not watch.on and watch.when is not None:
            begun = np.flatnonzero(after <= until)
            hold = begun[self.holds(watch.when, leads[begun], after[begun])]
            found[hold] = after[hold]
        left = np.flatnonzero(np.isnat(found))
        place = self.place(leads[left], after[left])
        coming, ends = self._next(watch.on), self._ends
        while left.size:
            place = coming[place]
            # Which are still of the lead, and within its time.
            its = place < ends[leads[left]]
            left, place = left[its], place[its]
            in_time = self.at[place] <= until[left]
            left, place = left[in_time], place[in_time]
            fits = self._fits(watch.when, leads[left], place)
            found[left[fits]] = self.at[place[fits]]
            left, place = left[~fits], place[~fits] + 1
        return found

    def dates(self, field: str, leads: Numbers, at: Moments) -> Dates:
        """The date that a field of each lead has at its moment, and since when."""
        column, since = self.column(field, leads, at), np.full(leads.shape, NEVER)
        if field in self.becomes:
            place = self._said(field)[self.place(leads, at)]
            mine = np.flatnonzero(place >= self._starts[leads])
            since[mine] = self.at[place[mine]]
        known = (*column.values, None)
        dates = np.array([date_of(value) for value in known], dtype="datetime64[us]")
        days = np.array([is_day(value) for value in known], dtype=bool)
        return Dates(dates[column.codes], days[column.codes], since)

    def next_after(self, leads: Numbers, after: Moments, on: frozenset[str]) -> Moments:
        """When the next thing of these types happens to each; without types, whatever it is."""
        place = self._next(on)[self.place(leads, after)]
        found = np.full(leads.shape, NEVER)
        mine = np.flatnonzero(place < self._ends[leads])
        found[mine] = self.at[place[mine]]
        return found

    def place(self, leads: Numbers, at: Moments) -> Numbers:
        """Where among the happenings those of each lead begin that come after a moment."""
        first, most = self._reach
        # Earlier and later than anything that happens is all one.
        since: Numbers = np.clip((at - first).astype(np.int64), -1, most)
        found: Numbers = np.searchsorted(self._keys, leads * (most + 2) + since, side="right")
        return found

    def column(
        self, name: str, leads: Numbers, at: Moments, happening: Numbers | None = None
    ) -> Column:
        """The value of a field for each lead at its moment; ``happening``: what has just
        happened."""
        if name.startswith(EVENT):
            return self._told(name, len(leads), happening)
        if name == AGE:
            return column_of(((at - self.arrived[leads]) / DAY).tolist())
        if name == LAST_EVENT:
            return self._last_events(leads, at)
        if name not in self.becomes:
            known = self.known.get(name)
            return nothing(len(leads)) if known is None else known.of_rows(leads)
        place = self._said(name)[self.place(leads, at)]
        changed, known = self.becomes[name], self.known[name]
        since = place >= self._starts[leads]
        codes = np.where(since, changed.codes[np.maximum(place, 0)], known.codes[leads])
        return Column(known.values, codes)

    def _fits(self, when: Group | None, leads: Numbers, place: Numbers) -> Mask:
        if when is None:
            return np.ones(place.shape, dtype=bool)
        at = self.at[place]
        return held(when, lambda name: self.column(name, leads, at, place), at)

    def _told(self, name: str, count: int, happening: Numbers | None) -> Column:
        told = self.type if name == f"{EVENT}type" else self.tells.get(name)
        if told is None or happening is None:
            return nothing(count)
        return told.of_rows(happening)

    def _last_events(self, leads: Numbers, at: Moments) -> Column:
        """When each lead last did something."""
        did = np.array([name.startswith(DID) for name in (*self.type.values, "")], dtype=bool)
        place = _last_of(did[self.type.codes])[self.place(leads, at)]
        known = place >= self._starts[leads]
        found = np.full(leads.shape, NEVER)
        found[known] = self.at[place[known]]
        return column_of(moments_in(found))

    def _next(self, on: frozenset[str]) -> Numbers:
        """For each place the first from it on at which something of these types happens."""
        if on not in self._coming:
            among = np.array([not on or name in on for name in (*self.type.values, "")], dtype=bool)
            here = among[self.type.codes]
            for name in on & self.also.keys():
                here = here | self.also[name]
            count = len(self.at)
            places = np.append(np.where(here, np.arange(count), count), count)
            self._coming[on] = np.minimum.accumulate(places[::-1])[::-1]
        return self._coming[on]

    def _said(self, name: str) -> Numbers:
        """For each place the last before it that changed a field; −1: none."""
        if name not in self._changed:
            self._changed[name] = _last_of(self.becomes[name].codes >= 0)
        return self._changed[name]

    @cached_property
    def _coming(self) -> dict[frozenset[str], Numbers]:
        return {}

    @cached_property
    def _changed(self) -> dict[str, Numbers]:
        return {}

    @cached_property
    def _starts(self) -> Numbers:
        return np.searchsorted(self.of, np.arange(len(self.arrived)), side="left")

    @cached_property
    def _ends(self) -> Numbers:
        return np.searchsorted(self.of, np.arange(len(self.arrived)), side="right")

    @cached_property
    def _reach(self) -> tuple[np.datetime64, int]:
        """The first moment at which something happens, and how long it is until the last (µs)."""
        if not len(self.at):
            return np.datetime64(0, "us"), 0
        first: np.datetime64 = self.at.min()
        return first, int((self.at.max() - first).astype(np.int64))

    @cached_property
    def _keys(self) -> Numbers:
        first, most = self._reach
        keys: Numbers = self.of * (most + 2) + (self.at - first).astype(np.int64)
        return keys


def _last_of(here: Mask) -> Numbers:
    """For each place, and the end, the last of these before it; −1: none."""
    places = np.where(here, np.arange(len(here)), -1)
    return np.concatenate([[-1], np.maximum.accumulate(places)]).astype(np.int64)
