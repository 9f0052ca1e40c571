"""What the store knows of the leads of a batch, for the interpreter.

Conditions are held against leads as they are known at the moment of the sweep. What happens to a
lead is noted for its enrolments as it does, and looked at once: the interpreter hears of the events
that were noted for these enrolments, and of no others.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Integer,
    Text,
    any_,
    func,
    literal,
    select,
)
from sqlalchemy.orm import Session

from leadflow.campaigns.definitions.program import Watch
from leadflow.campaigns.interpreter.clock import utc_of
from leadflow.campaigns.interpreter.moments import Dates
from leadflow.campaigns.interpreter.zones import NEVER, Mask, Moments, Numbers
from leadflow.conditions.tree import Group
from leadflow.conditions.values import ValueKind
from leadflow.domain_events.tables import DomainEvent
from leadflow.leads.tables import Lead
from leadflow.rules.compiling import compiled, field_value
from leadflow.rules.sources import lead_source

# Dates among these are kept as they were written.
ATTRIBUTES = "attributes."


@dataclass(frozen=True)
class Noted:
    """Events that were noted for the enrolments of a batch: the number of the enrolment, the event,
    and when it happened. An enrolment may have several."""

    of: Numbers
    event: Numbers
    at: Moments


@dataclass
class StoredFacts:
    """Facts of a batch of enrolments, which are numbered from 0.

    ``waited``: whether the step at which an enrolment stands has been looked at before, so that
    what held as it came there has been found already; ``entered``: when it came there.
    """

    session: Session
    now: datetime
    leads: Sequence[str]
    waited: Mask
    entered: Moments
    noted: Noted

    def holds(self, when: Group, leads: Numbers, at: Moments) -> Mask:
        """Whether conditions hold of each lead now."""
        wanted = _given(("place", "lead_id"), range(len(leads)), self._ids(leads))
        query = (
            select(wanted.c.place)
            .select_from(lead_source(self.now).join(wanted, wanted.c.lead_id == Lead.id))
            .where(compiled(when, self.now))
        )
        found = np.zeros(leads.shape, dtype=bool)
        found[_numbers(self.session.scalars(query))] = True
        return found

    def first(self, watch: Watch, leads: Numbers, after: Moments, until: Moments) -> Moments:
        """The first event that was noted for each within its time, and is watched for."""
        found = np.full(leads.shape, NEVER)
        if not watch.on and watch.when is not None:
            known = self.waited[leads] & (self.entered[leads] == after)
            mine = np.flatnonzero((after <= until) & ~known)
            if mine.size:
                held = mine[self.holds(watch.when, leads[mine], after[mine])]
                found[held] = after[held]
        heard = np.flatnonzero(np.isin(leads, self.noted.of) & np.isnat(found))
        if heard.size:
            found[heard] = self._heard(watch, leads[heard], after[heard], until[heard])
        return found

    def _heard(self, watch: Watch, leads: Numbers, after: Moments, until: Moments) -> Moments:
        """Of the events noted for each, the first that fits; every lead stands there once."""
        found = np.full(leads.shape, NEVER)
        order = np.argsort(leads)
        noted = np.flatnonzero(np.isin(self.noted.of, leads))
        place = order[np.searchsorted(leads, self.noted.of[noted], sorter=order)]
        at = self.noted.at[noted]
        within = (at > after[place]) & (at <= until[place])
        place, at, events = place[within], at[within], self.noted.event[noted][within]
        if not place.size:
            return found
        fits = self._fits(watch, events)
        place, at = place[fits], at[fits]
        # Written from the last to the first, so that the first stays.
        latest_first = np.argsort(at)[::-1]
        found[place[latest_first]] = at[latest_first]
        return found

    def _fits(self, watch: Watch, events: Numbers) -> Mask:
        """Which of these events are watched for, by their types and what is known of their leads
        now."""
        ids = sorted(set(events.tolist()))
        source = lead_source(self.now).join(DomainEvent, DomainEvent.lead_id == Lead.id)
        query = select(DomainEvent.id).select_from(source)
        query = query.where(DomainEvent.id == any_(literal(ids, ARRAY(BigInteger))))
        if watch.on:
            query = query.where(DomainEvent.type.in_(sorted(watch.on)))
        if watch.when is not None:
            query = query.where(compiled(watch.when, self.now))
        fits: Mask = np.isin(events, _numbers(self.session.scalars(query)))
        return fits

    def dates(self, field: str, leads: Numbers, at: Moments) -> Dates:
        """The date that a field of each lead has now. What was noted of a lead while it waits may
        have changed it: it is known since then."""
        wanted = _given(("place", "lead_id"), range(len(leads)), self._ids(leads))
        value = field_value(field, ValueKind.MOMENT, self.now)
        whole_day: ColumnElement[Any] = literal(False)
        if field.startswith(ATTRIBUTES):
            written = field_value(field, ValueKind.TEXT, self.now)
            whole_day = func.coalesce(func.length(written) == len("2026-03-06"), False)
        source = lead_source(self.now).join(wanted, wanted.c.lead_id == Lead.id)
        rows = self.session.execute(select(wanted.c.place, value, whole_day).select_from(source))
        dates, days = np.full(leads.shape, NEVER), np.zeros(leads.shape, dtype=bool)
        for place, date, is_day in rows:
            dates[place], days[place] = utc_of([date])[0], is_day
        since = np.full(len(self.leads), NEVER)
        np.fmax.at(since, self.noted.of, self.noted.at)
        return Dates(dates, days, since[leads])

    def _ids(self, leads: Numbers) -> list[str]:
        return [self.leads[one] for one in leads.tolist()]


def _given(names: Sequence[str], places: Iterable[int], ids: Sequence[str]) -> Any:
    """Places and ids as a table of a statement."""
    columns = literal(list(places), ARRAY(Integer)), literal(list(ids), ARRAY(Text))
    return func.unnest(*columns).table_valued(*names).render_derived(name="wanted")


def _numbers(given: Iterable[int]) -> Numbers:
    return np.fromiter(given, dtype=np.int64)
