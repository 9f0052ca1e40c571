"""The interpreter of campaigns: many enrolments of one campaign are taken on to a moment.

It is the only one there is: what uses it differs in where facts come from and which moments it asks
for. Pure: it takes arrays and returns arrays.

What happens at a moment counts before what is due at it: whoever opts out at the very moment at
which a mail is due gets none.
"""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from leadflow.campaigns.definitions.program import Node, Program, Watch, way_of_case
from leadflow.campaigns.definitions.sending_hours import SendingHours, hours_of
from leadflow.campaigns.definitions.spans import Span
from leadflow.campaigns.definitions.steps import UntilThen
from leadflow.campaigns.interpreter.enrolments import OPEN, Enrolments, Passed
from leadflow.campaigns.interpreter.moments import Dates, added, open_from, waited_until
from leadflow.campaigns.interpreter.zones import NEVER, Mask, Moments, Numbers
from leadflow.conditions.tree import Group

MICROSECOND = np.timedelta64(1, "us")
# What is sent later than this after it was due looks again whether it is an hour for it.
PUNCTUAL = np.timedelta64(15, "m")


class Facts(Protocol):
    """What is known of leads, which are numbers here."""

    def holds(self, when: Group, leads: Numbers, at: Moments) -> Mask:
        """Whether conditions hold of each at its moment."""

    def first(self, watch: Watch, leads: Numbers, after: Moments, until: Moments) -> Moments:
        """For each the first moment after one and up to another (inclusive) at which what is
        watched for happened; NaT where it did not. A watch without events is met at the beginning
        too, where its conditions hold then."""

    def dates(self, field: str, leads: Numbers, at: Moments) -> Dates:
        """The date that is known in a field of each at its moment."""


@dataclass
class Sweep:
    """Takes enrolments on, each to its own moment (``now``, UTC); what they pass is added to
    ``passed``."""

    program: Program
    rows: Enrolments
    facts: Facts
    now: Moments
    passed: list[Passed] = field(default_factory=list)

    def run(self) -> list[Passed]:
        """Everything that happened or came due up to now, each at its own moment."""
        leaves, which = self._exits()
        # Ways lead forward only: one look at each step, in their order, takes everybody on.
        for number, node in enumerate(self.program.nodes):
            here = np.flatnonzero((self.rows.node == number) & (self.rows.ended == OPEN))
            if here.size:
                self._at(node, here, leaves)
        out = np.flatnonzero((self.rows.ended == OPEN) & ~np.isnat(leaves))
        for number in np.unique(which[out]):
            name = self.program.exits[number].name
            mine = out[which[out] == number]
            self.rows.end(mine, name, leaves[mine])
            self.passed.append(Passed(None, name, mine, leaves[mine]))
        # Not before it came in, even where it is looked after sooner.
        self.rows.checked = np.maximum(self.rows.checked, self.now)
        return self.passed

    def _exits(self) -> tuple[Moments, Numbers]:
        """When each row is taken out, and the number of what does it; of two at once the first."""
        rows = self.rows
        open_ = np.flatnonzero(rows.ended == OPEN)
        leaves = np.full(rows.lead.shape, NEVER)
        which = np.full(rows.lead.shape, OPEN, dtype=np.int64)
        until = self.now[open_]
        for number, one in enumerate(self.program.exits):
            at = self.facts.first(one.watch, rows.lead[open_], rows.checked[open_], until)
            sooner = ~np.isnat(at) & (np.isnat(leaves[open_]) | (at < leaves[open_]))
            leaves[open_[sooner]] = at[sooner]
            which[open_[sooner]] = number
        return leaves, which

    def _at(self, node: Node, here: Numbers, leaves: Moments) -> None:
        """Take rows at a node on, as far as they get before they are taken out."""
        rows = self.rows
        gone = ~np.isnat(leaves[here]) & (leaves[here] <= rows.entered[here])
        here = here[~gone]
        last = np.where(np.isnat(leaves[here]), self.now[here], leaves[here] - MICROSECOND)
        if isinstance(node.step.wait, UntilThen):
            self._wait_until(node, node.step.wait, here, last)
            return
        fresh = here[np.isnat(rows.due[here])]
        if fresh.size:
            self._reckon(node, fresh)
            self._begin_now(node, fresh)
        if node.watch is not None:
            here, last = self._heard(node, here, last)
        over = here[rows.due[here] <= last]
        if over.size:
            self._leave(node, over)

    def _reckon(self, node: Node, fresh: Numbers) -> None:
        """When the step is over for rows that have just come to it."""
        rows, step = self.rows, node.step
        entered, zones = rows.entered[fresh], rows.zones.of_rows(fresh)
        if isinstance(step.wait, Span):
            rows.due[fresh] = added(rows.reckoned_from(fresh), step.wait, zones)
        elif step.listen is not None:
            rows.due[fresh] = added(rows.reckoned_from(fresh), step.listen.within, zones)
        elif step.send is not None:
            opens = open_from(self._hours, entered, zones)
            rows.due[fresh] = np.where(np.isnat(opens), entered, opens)
        else:
            rows.due[fresh] = entered

    def _begin_now(self, node: Node, fresh: Numbers) -> None:
        """Let pauses that would be over, though the mail before them goes out only now, begin
        now."""
        rows, step = self.rows, node.step
        if isinstance(step.wait, Span) or step.listen is not None:
            late = fresh[self._passed_unsent(fresh, rows.due[fresh])]
            if late.size and rows.since is not None:
                rows.since[late] = self.now[late]
                self._reckon(node, late)

    def _passed_unsent(self, here: Numbers, due: Moments) -> Mask:
        """Of which rows a pause that takes time would be over by now, though the mail before it is
        sent only after this look."""
        rows = self.rows
        passed: Mask = rows.waiting[here] & (due <= self.now[here]) & (due > rows.entered[here])
        return passed

    def _wait_until(self, node: Node, wait: UntilThen, here: Numbers, last: Moments) -> None:
        """Let rows go on whose day has come, by what is known of it up to ``last``: a date may be
        moved, or crossed out, while it is waited for."""
        rows, until = self.rows, wait.until
        came = rows.entered[here] <= last
        here, last = here[came], last[came]
        begun, zones = rows.reckoned_from(here), rows.zones.of_rows(here)
        if until.field is None:
            due = waited_until(until, begun, None, zones)
            late = self._passed_unsent(here, due)
            due[late] = waited_until(
                until, self.now[here[late]], None, rows.zones.of_rows(here[late])
            )
        else:
            known = self.facts.dates(until.field, rows.lead[here], last)
            # Known only later than its day, it is over as soon as it is known.
            since = np.fmax(begun, known.since)
            due = np.maximum(waited_until(until, begun, known, zones), since)
            missing = np.isnat(due)
            # What is crossed out by that which takes a row out sends it no other way first.
            crossed_out = missing & (since <= last)
            self._go(node, "otherwise", here[crossed_out], since[crossed_out])
            here, last, due = here[~missing], last[~missing], due[~missing]
        rows.due[here] = due
        over = due <= last
        self._go(node, "then", here[over], due[over])

    @property
    def _hours(self) -> SendingHours:
        return hours_of(self.program.campaign)

    def _heard(self, node: Node, here: Numbers, last: Moments) -> tuple[Numbers, Moments]:
        """Let rows go on for which what is listened for has happened in time; returns the rest."""
        rows = self.rows
        if node.watch is None:
            return here, last
        until = np.minimum(rows.due[here], last)
        at = self.facts.first(node.watch, rows.lead[here], rows.entered[here], until)
        heard = ~np.isnat(at)
        self._go(node, "then", here[heard], at[heard])
        return here[~heard], last[~heard]

    def _leave(self, node: Node, over: Numbers) -> None:
        """Let rows go on for which a step is over."""
        rows, step = self.rows, node.step
        due = rows.due[over]
        if step.send is not None:
            self._send(node, over)
        elif step.end is not None:
            self.passed.append(Passed(node, "end", over, due))
            rows.end(over, step.end, due)
        elif step.listen is not None:
            self._go(node, "otherwise", over, due)
        elif step.switch is not None:
            self._choose(node, over)
        else:
            self._go(node, "then", over, due)

    def _choose(self, node: Node, over: Numbers) -> None:
        """The first case that holds, for each row."""
        left = over
        for number, when in enumerate(node.cases):
            at = self.rows.due[left]
            fits = (
                np.ones(left.shape, dtype=bool)
                if when is None
                else self.facts.holds(when, self.rows.lead[left], at)
            )
            self._go(node, way_of_case(number), left[fits], at[fits])
            left = left[~fits]

    def _send(self, node: Node, over: Numbers) -> None:
        """Messages that are due. What is late goes by the campaign's word for that; and none goes
        out in an hour in which none may, however late it is, nor where there is no such hour."""
        rows, late = self.rows, self.program.campaign.late
        never = np.isnat(open_from(self._hours, rows.due[over], rows.zones.of_rows(over)))
        self._go(node, "then", over[never], rows.due[over[never]], skipped=True)
        over = over[~never]
        due, now = rows.due[over], self.now[over]
        behind = now - due > PUNCTUAL
        if late is not None:
            zones = rows.zones.of_rows(over)
            too_late = added(due, late.after, zones) < now
            if late.then == "skip":
                self._go(node, "then", over[too_late], now[too_late], skipped=True)
                over, due, behind = over[~too_late], due[~too_late], behind[~too_late]
                now = now[~too_late]
        at = due.copy()
        at[behind] = open_from(self._hours, now[behind], rows.zones.of_rows(over[behind]))
        later = at > now
        rows.due[over[later]] = at[later]
        rows.sent(over[~later])
        self._go(node, "then", over[~later], at[~later])

    def _go(self, node: Node, way: str, rows: Numbers, at: Moments, skipped: bool = False) -> None:
        """Let rows take a way on at their moments."""
        if not rows.size:
            return
        self.passed.append(Passed(node, way, rows, at, skipped))
        to = node.ways[way]
        if to == self.program.end:
            self.rows.end(rows, self.program.end_of(node), at)
            return
        self.rows.node[rows] = to
        self.rows.entered[rows] = at
        self.rows.due[rows] = NEVER
        if self.rows.since is not None:
            self.rows.since[rows] = NEVER


def take_on(
    program: Program, rows: Enrolments, facts: Facts, now: np.datetime64 | Moments
) -> list[Passed]:
    """Take enrolments on, in place, to a moment, or each to its own; returns which ways they took,
    in order of steps."""
    return Sweep(program, rows, facts, np.broadcast_to(now, rows.lead.shape)).run()
