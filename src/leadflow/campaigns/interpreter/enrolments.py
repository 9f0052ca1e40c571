"""Enrolments as arrays, and the ways that they take."""

from dataclasses import dataclass, field

import numpy as np

from leadflow.campaigns.definitions.program import Node
from leadflow.campaigns.interpreter.zones import NEVER, Mask, Moments, Numbers, Zones

INSTANT = np.timedelta64(1, "ms")
OPEN = -1


@dataclass
class Enrolments:
    """One row an enrolment of one campaign, in arrays of the same length.

    ``node``: the number of its step; ``entered``: when it came there; ``due``: when the step is
    over, NaT before that is reckoned; ``checked``: up to when exits have been looked for;
    ``ended``: the number of its end's name in ``ends``, −1 while it is open; ``ended_at``;
    ``since``: from when on a pause or a ``listen`` is reckoned, where that is later than when it
    came there. Where it is None messages are sent at the moment at which they are due; else what
    is due now is sent after it was planned, and so no pause behind it can be over by now.
    """

    lead: Numbers
    node: Numbers
    entered: Moments
    due: Moments
    checked: Moments
    ended: Numbers
    ended_at: Moments
    zones: Zones
    ends: list[str] = field(default_factory=list)
    since: Moments | None = None
    waiting: Mask = field(init=False)

    def __post_init__(self) -> None:
        self.waiting = np.zeros(self.lead.shape, dtype=bool)

    @staticmethod
    def begun(lead: Numbers, at: Moments, zones: Zones) -> "Enrolments":
        """Those of leads that come in at these moments."""
        count = lead.shape[0]
        return Enrolments(
            lead=lead,
            node=np.zeros(count, dtype=np.int64),
            entered=at.copy(),
            due=np.full(count, NEVER),
            # What happens at the very moment of coming in takes a lead out at once.
            checked=at - INSTANT,
            ended=np.full(count, OPEN, dtype=np.int64),
            ended_at=np.full(count, NEVER),
            zones=zones,
        )

    def reckoned_from(self, rows: Numbers) -> Moments:
        """From when on the pause or the ``listen`` at which rows stand is reckoned."""
        entered: Moments = self.entered[rows]
        if self.since is None:
            return entered
        later: Moments = np.fmax(entered, self.since[rows])
        return later

    def sent(self, rows: Numbers) -> None:
        """Let rows have been sent something at this very look."""
        if self.since is not None:
            self.waiting[rows] = True

    def end(self, rows: Numbers, name: str, at: Moments) -> None:
        """Let rows have ended under a name."""
        if name not in self.ends:
            self.ends.append(name)
        self.ended[rows] = self.ends.index(name)
        self.ended_at[rows] = at


@dataclass(frozen=True)
class Passed:
    """Rows that took one way on from a node, each at its moment. ``node`` is None where something
    took them out, whose name ``way`` is. ``skipped``: a message that was too late, and not sent."""

    node: Node | None
    way: str
    rows: Numbers
    at: Moments
    skipped: bool = False
