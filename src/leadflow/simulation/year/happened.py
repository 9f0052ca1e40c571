"""What happened in a simulated year, and whether it kept its promises."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from leadflow.simulation.year.plan import Phase, Plan

# Within how many days of matured outcomes after a change what serves must have followed, and how
# close to a model that knows the market as it is.
FOLLOWS_WITHIN, CLOSE = 30, 0.01
QUARTER = 91


@dataclass(frozen=True)
class Happened:
    """Something on a day: a training, a report of the shadow, a gate or a promotion."""

    day: int
    kind: str
    words: str
    about: str = ""


@dataclass(frozen=True)
class Stretch:
    """What served from a day on, and its AUC on each phase of the market."""

    since: int
    version: str
    aucs: tuple[float, ...]


@dataclass(frozen=True)
class Followed:
    """A change of the market: how far what served was from a model learned after it, on the last
    day by which it must have followed."""

    phase: str
    changed: int
    by: int
    reference: float
    served: float

    @property
    def gap(self) -> float:
        """How much better the reference ranks."""
        return self.reference - self.served

    @property
    def holds(self) -> bool:
        """Whether it has followed."""
        return self.gap <= CLOSE


@dataclass(frozen=True)
class Promoted:
    """A promotion: AUC of what served before and of what serves since over the next quarter."""

    day: int
    version: str
    before: float
    after: float

    @property
    def holds(self) -> bool:
        """Whether it did no worse."""
        return self.after >= self.before


@dataclass(frozen=True)
class Year:
    """A simulated year. ``references`` and ``errors`` are by phase."""

    plan: Plan
    horizon: int
    happened: Sequence[Happened]
    stretches: Sequence[Stretch]
    references: tuple[float, ...]
    ceilings: tuple[float, ...]
    errors: tuple[float, ...]
    followed: tuple[Followed, ...] = field(init=False)
    promoted: tuple[Promoted, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "followed", tuple(self._followed()))
        object.__setattr__(self, "promoted", tuple(self._promoted()))

    @property
    def phases(self) -> list[Phase]:
        """The phases of the market."""
        return list(self.plan.phases())

    @property
    def trainings(self) -> int:
        """How many there were."""
        return sum(one.kind == "training" for one in self.happened)

    def served(self, day: int) -> float:
        """The AUC of what served at the end of a day, on the market of that day."""
        serving = [one for one in self.stretches if one.since <= day][-1]
        return serving.aucs[self._number(day)]

    def _number(self, day: int) -> int:
        return self.phases.index(self.plan.phase(day))

    def _followed(self) -> list[Followed]:
        found = []
        for number, phase in enumerate(self.phases[1:], start=1):
            by = phase.begins + self.horizon + FOLLOWS_WITHIN
            if by < phase.ends:
                reference = self.references[number]
                found.append(Followed(phase.name, phase.begins, by, reference, self.served(by)))
        return found

    def _promoted(self) -> list[Promoted]:
        found = []
        for old, new in pairwise(self.stretches):
            days = range(new.since, min(new.since + QUARTER, self.plan.days))
            numbers = [self._number(day) for day in days] or [len(self.phases) - 1]
            before, after = (
                sum(one.aucs[number] for number in numbers) / len(numbers) for one in (old, new)
            )
            found.append(Promoted(new.since, new.version, before, after))
        return found
