"""Letting many leads go through a campaign, each by a clock of its own. Pure.

The interpreter is that of production and of scenarios. Each lead is looked after at every moment at
which something is due for it, or happens that it may go by, and at no other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from leadflow.campaigns.definitions.program import Node, Program
from leadflow.campaigns.definitions.steps import UntilThen
from leadflow.campaigns.interpreter.enrolments import OPEN, Enrolments, Passed
from leadflow.campaigns.interpreter.stepping import take_on
from leadflow.campaigns.interpreter.zones import Moments, Numbers, Zones
from leadflow.campaigns.simulating.lives import Lives


class World(Protocol):
    """Leads, and what they do; a mail may change what they do after it."""

    @property
    def lives(self) -> Lives:
        """The lives of the leads, as far as they are known now."""

    def mailed(self, leads: Numbers, at: Moments) -> None:
        """These leads, each once, got a mail at these moments."""


@dataclass(frozen=True)
class Through:
    """How each enrolment ended: the place of the name in ``ends``, −1: it is still in it; when."""

    ended: Numbers
    ended_at: Moments
    ends: Sequence[str]


# What is done with the ways that were taken: the numbers of the enrolments, and the way.
Noted = Callable[[Passed, Numbers], None]


def go_through(
    program: Program,
    world: World,
    leads: Numbers,
    entered: Moments,
    until: Moments,
    zones: Zones,
    note: Noted,
) -> Through:
    """Let leads that come in at these moments go as far as they get, each until its own.

    Args:
        zones: where each enrolment's lead is.
        note: is told of each way that is taken.
    """
    rows, own = Enrolments.begun(leads, entered, zones), np.arange(len(leads))
    if program.enter is not None:
        # What a lead came in by was before it came in, and does not take it out again.
        rows.checked = entered.copy()
    ended, ended_at = np.full(len(leads), OPEN), np.full(len(leads), np.datetime64("NaT", "us"))
    now = entered
    while own.size:
        for one in take_on(program, rows, world.lives, now):
            note(one, own[one.rows])
            if one.node is not None and one.node.kind == "send" and not one.skipped:
                world.mailed(rows.lead[one.rows], one.at)
        over = rows.ended != OPEN
        ended[own[over]], ended_at[own[over]] = rows.ended[over], rows.ended_at[over]
        now = _next_look(program, rows, world.lives, now)
        on = np.flatnonzero(~over & (now <= until[own]))
        rows, own, now = _of(rows, on), own[on], now[on]
    return Through(ended, ended_at, rows.ends)


def _next_look(program: Program, rows: Enrolments, lives: Lives, now: Moments) -> Moments:
    """When each row has to be looked at next: something is due, or happens that it may go by."""
    looks = np.where(rows.due > now, rows.due, np.datetime64("NaT", "us"))
    for number in np.unique(rows.node):
        mine = np.flatnonzero((rows.node == number) & (rows.ended == OPEN))
        for on in _types(program, program.nodes[number]):
            looks[mine] = np.fmin(looks[mine], lives.next_after(rows.lead[mine], now[mine], on))
    return looks


def _types(program: Program, node: Node) -> set[frozenset[str]]:
    """Sets of types by which a lead at a step may go on, or leave; an empty one: any."""
    found = {one.watch.on for one in program.exits}
    if node.watch is not None:
        found.add(node.watch.on)
    if isinstance(node.step.wait, UntilThen) and node.step.wait.until.field is not None:
        # The date may be moved by whatever happens.
        found.add(frozenset())
    return {frozenset()} if frozenset() in found else {frozenset().union(*found)}


def _of(rows: Enrolments, some: Numbers) -> Enrolments:
    return Enrolments(
        rows.lead[some],
        rows.node[some],
        rows.entered[some],
        rows.due[some],
        rows.checked[some],
        rows.ended[some],
        rows.ended_at[some],
        rows.zones.of_rows(some),
        rows.ends,
    )
