"""What a campaign did with many leads, in numbers that add up. Pure."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from leadflow.campaigns.definitions.program import Program
from leadflow.campaigns.interpreter.enrolments import OPEN, Passed
from leadflow.campaigns.interpreter.zones import Mask, Moments, Numbers
from leadflow.campaigns.simulating.running import Through

DAY = np.timedelta64(86_400_000_000, "us")


@dataclass
class Tally:
    """Numbers of a simulation.

    ``leads``: how many there were; ``came``: how many came in (again, too), ``kept_out``: how many
    were held out; ``passed``: how many took each way, by step and way (``*``: taken out);
    ``skipped``: messages for which no hour was open, by step; ``mails``: by content; ``ends``: by
    name; ``still``: how many are in it yet; ``days``: how long each that ended was in it.
    ``watched``: how many leads came in, however often; of these, and of those held out,
    ``reached`` and ``reached_out`` what the campaign is for, within the same time. ``unknown``:
    fields that the campaign asks for and of which nothing is known; ``never``: types of events that
    it goes by and that do not happen.
    """

    leads: int = 0
    came: int = 0
    kept_out: int = 0
    passed: Counter[tuple[str, str]] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    mails: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    still: int = 0
    days: list[float] = field(default_factory=list)
    reached: int = 0
    reached_out: int = 0
    watched: int = 0
    unknown: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()

    def note(self, one: Passed, rows: Numbers) -> None:
        """Count a way that was taken."""
        count = len(one.rows)
        if one.node is None:
            self.passed["*", one.way] += count
            return
        self.passed[one.node.name, one.way] += count
        if one.skipped:
            self.skipped[one.node.name] += count
        elif one.node.step.send is not None:
            self.mails[one.node.step.send] += count

    def close(self, entered: Moments, through: Through) -> None:
        """Count how enrolments ended that came in at these moments."""
        over: Mask = through.ended != OPEN
        numbers, counts = np.unique(through.ended[over], return_counts=True)
        for number, count in zip(numbers.tolist(), counts.tolist(), strict=True):
            self.ends[through.ends[number]] += count
        self.came += len(entered)
        self.still += int((~over).sum())
        self.days += ((through.ended_at[over] - entered[over]) / DAY).tolist()

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.leads + other.leads,
            self.came + other.came,
            self.kept_out + other.kept_out,
            self.passed + other.passed,
            self.skipped + other.skipped,
            self.mails + other.mails,
            self.ends + other.ends,
            self.still + other.still,
            self.days + other.days,
            self.reached + other.reached,
            self.reached_out + other.reached_out,
            self.watched + other.watched,
            self.unknown | other.unknown,
            self.never & other.never,
        )

    @property
    def median_days(self) -> float | None:
        """How long half of those that ended were in it at most; None where none ended."""
        return float(np.median(self.days)) if self.days else None


def came_to(program: Program, tally: Tally) -> dict[str, int]:
    """How many came to each step, by name, in the order of the steps."""
    found = dict.fromkeys((node.name for node in program.nodes), 0)
    found[program.nodes[0].name] = tally.came
    for node in program.nodes:
        for way, to in node.ways.items():
            if to != program.end:
                found[program.nodes[to].name] += tally.passed[node.name, way]
    return found
